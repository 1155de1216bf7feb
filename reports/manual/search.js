// The search of the documents as files: every section in which all words are, those first whose title has them.
(() => {
	const field = document.querySelector("input[name=q]"), list = document.getElementById("found"), count = document.getElementById("count")
	field.form.addEventListener("submit", (e) => e.preventDefault())
	const piece = (text, word) => {
		const at = Math.max(text.toLowerCase().indexOf(word), 0), from = Math.max(at - 110, 0)
		return (from > 0 ? "…" : "") + text.slice(from, at + 110) + (at + 110 < text.length ? "…" : "")
	}
	const search = () => {
		const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
		list.replaceChildren()
		if (words.length === 0) { count.textContent = ""; return }
		const found = []
		for (const s of sections) {
			const title = s.title.toLowerCase(), text = s.text.toLowerCase()
			if (!words.every((w) => title.includes(w) || text.includes(w))) continue
			found.push([words.filter((w) => title.includes(w)).length, s])
		}
		found.sort((a, b) => b[0] - a[0])
		count.textContent = found.length === 1 ? "1 section" : found.length + " sections"
		for (const [, s] of found.slice(0, 100)) {
			const item = document.createElement("li"), link = document.createElement("a"), about = document.createElement("p")
			link.href = s.page + ".html" + (s.anchor ? "#" + s.anchor : "")
			link.textContent = s.pageTitle + (s.title === s.pageTitle ? "" : " › " + s.title)
			about.textContent = piece(s.text, words.find((w) => s.text.toLowerCase().includes(w)) ?? "")
			item.append(link, about)
			list.append(item)
		}
	}
	field.addEventListener("input", search)
	field.value = new URLSearchParams(location.search).get("q") ?? ""
	search()
})()
