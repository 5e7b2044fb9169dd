// Tables are sorted by a click on a heading: numbers by their value, names by the alphabet.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const heading = button.parentElement;
    const column = heading.cellIndex;
    const body = heading.closest("table").tBodies[0];
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const isNumber = [...body.rows].every((row) => value(row) !== "" && !isNaN(value(row)));
    // The first click shows what stands out: the largest number, the first name.
    const descending = heading.ariaSort ? heading.ariaSort === "ascending" : isNumber;
    const sign = descending ? -1 : 1;
    const order = (a, b) =>
      sign * (isNumber ? value(a) - value(b) : value(a).localeCompare(value(b)));
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.ariaSort = descending ? "descending" : "ascending";
    body.append(...[...body.rows].sort(order));
  });
}
