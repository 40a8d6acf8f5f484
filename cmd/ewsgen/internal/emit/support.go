package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/seed-1937cc67/goews/internal/support"
)

// support emits a table of which version knows what: text, line by line, and
// numbers, which the linker lays out.
func (e *emitter) support(name, doc string, t *support.Table) {
	f := e.file("support", len(t.Lines)*3)
	pkg := e.o.Module + "/internal/support"
	f.ImportName(pkg, "support")
	f.Comment(wrap(doc))
	f.Var().Id(name).Op("=").Qual(pkg, "Table").Values(jen.DictFunc(func(d jen.Dict) {
		d[jen.Id("Text")] = jen.Id(name + "Text")
		d[jen.Id("Lines")] = jen.Index().Uint32().ValuesFunc(func(g *jen.Group) {
			for i, n := range t.Lines {
				if i%12 == 0 {
					g.Line().Lit(int(n))
					continue
				}
				g.Lit(int(n))
			}
			g.Line()
		})
		d[jen.Id("Marks")] = jen.Index().Qual(pkg, "Mark").ValuesFunc(func(g *jen.Group) {
			for _, m := range t.Marks {
				keys := jen.Dict{jen.Id("Since"): jen.Lit(m.Since)}
				if m.Until != "" {
					keys[jen.Id("Until")] = jen.Lit(m.Until)
				}
				if m.Online {
					keys[jen.Id("Online")] = jen.True()
				}
				g.Line().Values(keys)
			}
			g.Line()
		})
	}))
	f.Const().Id(name + "Text").Op("=").Id("`" + t.Text + "`")
}
