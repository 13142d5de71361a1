/**
 * Of the HTML report, which reads without it: filters, folding, and a finding that a link leads to. It changes nothing but
 * attributes and one text, and reads nothing from outside the page.
 */
export const SCRIPT = `
(function () {
  'use strict';
  var findings = Array.prototype.slice.call(document.querySelectorAll('.finding'));
  var parties = Array.prototype.slice.call(document.querySelectorAll('.party'));
  var filters = document.getElementById('filters');
  var shown = document.getElementById('shown');
  var words = document.getElementById('words');
  if (filters) {
    var selects = Array.prototype.slice.call(filters.querySelectorAll('select'));
    var texts = findings.map(function (each) { return each.textContent.toLowerCase(); });
    var apply = function () {
      var wanted = words.value.toLowerCase().split(/\\s+/).filter(Boolean);
      var count = 0;
      findings.forEach(function (finding, index) {
        var fits = selects.every(function (select) {
          return select.value === '' || finding.dataset[select.name] === select.value;
        }) && wanted.every(function (word) { return texts[index].indexOf(word) >= 0; });
        finding.hidden = !fits;
        if (fits) count += 1;
      });
      parties.forEach(function (party) { party.hidden = !party.querySelector('.finding:not([hidden])'); });
      shown.textContent = count === findings.length ? 'all ' + count + ' shown' : count + ' of ' + findings.length + ' shown';
    };
    filters.hidden = false;
    filters.addEventListener('input', apply);
    document.getElementById('clear').addEventListener('click', function () {
      words.value = '';
      selects.forEach(function (select) { select.value = ''; });
      apply();
    });
    var fold = document.getElementById('fold');
    fold.addEventListener('click', function () {
      var open = findings.some(function (finding) { return !finding.hidden && !finding.open; });
      findings.forEach(function (finding) { if (!finding.hidden) finding.open = open; });
      fold.textContent = open ? 'Fold all' : 'Unfold all';
    });
    document.addEventListener('keydown', function (event) {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      event.preventDefault();
      words.focus();
    });
    apply();
  }
  var follow = function () {
    var name = '';
    try { name = decodeURIComponent(location.hash.slice(1)); } catch (error) { return; }
    var target = name !== '' && document.getElementById(name);
    if (!target) return;
    if (target.hidden && filters) document.getElementById('clear').click();
    if (target.tagName === 'DETAILS') target.open = true;
    target.scrollIntoView();
  };
  window.addEventListener('hashchange', follow);
  follow();
  var before = [];
  window.addEventListener('beforeprint', function () {
    before = findings.map(function (finding) { return finding.open; });
    findings.forEach(function (finding) { finding.open = true; });
  });
  window.addEventListener('afterprint', function () {
    findings.forEach(function (finding, index) { finding.open = before[index]; });
  });
})();
`;
