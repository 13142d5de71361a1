/**
 * The certificate of the world's public names, which signs itself, and its key (EC P-256, until 2125). It protects
 * nothing: the key is published with this package, the names lead nowhere (RFC 2606), and only a run against the embedded
 * world trusts it.
 */
export const WORLD_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIICLzCCAdWgAwIBAgIUN0yNKJw5FnYejrPwLgyJ7Pspp80wCgYIKoZIzj0EAwIw
LjEsMCoGA1UEAwwjbWNwLWF1dGgtY29uZm9ybWFuY2UgZW1iZWRkZWQgd29ybGQw
IBcNMjUwMTAxMDAwMDAwWhgPMjEyNTAxMDEwMDAwMDBaMC4xLDAqBgNVBAMMI21j
cC1hdXRoLWNvbmZvcm1hbmNlIGVtYmVkZGVkIHdvcmxkMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEUaKnDgE+Uqf97aeMG2FxgSwWlOeVHRx5TREjyEJhy8+ziMfU
1uXMMMqihv+HDiW07fsH64QBiR7szZ83+hg0JaOBzjCByzAPBgNVHRMBAf8EBTAD
AQH/MIGYBgNVHREEgZAwgY2CEW1jcC53b3JsZC5leGFtcGxlghR0ZW5hbnQud29y
bGQuZXhhbXBsZYIdd29ybGQtdGVuYW50LnVzLndvcmxkLmV4YW1wbGWCF2RvY3Vt
ZW50cy53b3JsZC5leGFtcGxlghRjYW5hcnkud29ybGQuZXhhbXBsZYIUaW5zaWRl
LndvcmxkLmV4YW1wbGUwHQYDVR0OBBYEFBI/UMDA8++7mpJai36V/82zHLarMAoG
CCqGSM49BAMCA0gAMEUCIQC/mCIeXdvpHsNUmRBfI2h+zcR97/aUQHhALPqWjg4i
BgIgR1PNsbKRimigZN1js+Kx4vL3HctSmU7FEdmArQ3++3s=
-----END CERTIFICATE-----
`;

export const WORLD_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8SQ+DTdi4fMo8AVC
FGR5eyUG09c/MeFa7BPsQpVYcAKhRANCAARRoqcOAT5Sp/3tp4wbYXGBLBaU55Ud
HHlNESPIQmHLz7OIx9TW5cwwyqKG/4cOJbTt+wfrhAGJHuzNnzf6GDQl
-----END PRIVATE KEY-----
`;
