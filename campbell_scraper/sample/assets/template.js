(function () {
	"use strict";
	var select = document.getElementById("plsLanguage");
	if (!select) { return; }
	select.addEventListener("change", function () {
		document.querySelectorAll(".plsText").forEach(function (part) {
			part.style.display = part.id === "pls-" + select.value ? "" : "none";
		});
	});
}());
