package html

import "carat/reports/statement"

// glossary explains the statement's words.
func (p *page) glossary() {
	p.section(p.t(statement.TitleGlossary))
	p.Raw("<dl class=\"words\">\n")
	for _, g := range statement.Glossary {
		p.Raw("<div><dt>")
		p.Text(p.w.T(g.Word))
		p.Raw("</dt><dd>")
		p.Text(p.w.T(g.Meaning))
		p.Raw("</dd></div>\n")
	}
	p.Raw("</dl>\n</section>\n")
}

// foot says where the numbers come from and how to check them.
func (p *page) foot() {
	p.Raw("<footer>\n<p><b>", p.t(statement.TitleCheck), ".</b> ", p.t(statement.HowToCheck), "</p>\n<p>", p.t(statement.NoViewers), " ")
	p.say(p.w.Mark())
	p.Raw("</p>\n</footer>\n</main>\n</body>\n</html>\n")
}
