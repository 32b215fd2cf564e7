// Puts the page together; the first change tells everybody where things stand.

if (front.length) {
  buildControls();
  buildChosen();
  buildTable();
}
buildPanels();
buildProgress();
buildPredictions();
change({});
// A closed part of the page would be missing on paper.
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
