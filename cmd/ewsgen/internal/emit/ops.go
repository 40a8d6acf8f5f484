package emit

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/reference"
)

// headerNames are the SOAP headers that an operation may declare, by the
// element's local name, and the constants of package messages for them.
var headerNames = []struct{ local, id string }{
	{"RequestServerVersion", "HeaderVersion"},
	{"ExchangeImpersonation", "HeaderImpersonation"},
	{"MailboxCulture", "HeaderCulture"},
	{"TimeZoneContext", "HeaderTimeZone"},
	{"DateTimePrecision", "HeaderPrecision"},
	{"ManagementRole", "HeaderManagementRole"},
	{"ProxyRequestTypeHeader", "HeaderProxyType"},
	{"SerializedSecurityContext", "HeaderSecurityContext"},
}

// operations emits the client's methods and the table of operations, each
// beside its request and answer.
func (e *emitter) operations() {
	for _, op := range e.p.Ops {
		f := e.file("op_"+snake(op.Go), 20)
		ref := reference.Operation(op.Name)
		does := "calls operation " + op.Name + since(op.Versions)
		if ref.Says != "" {
			does = ref.Says + ". It sends one request, of operation " + op.Name + since(op.Versions)
		}
		f.Comment(fmt.Sprintf("Op%s describes operation %s.", op.Go, op.Name))
		f.Var().Id("Op" + op.Go).Op("=").Op("&").Id("Operation").Values(e.operation(op))
		f.Comment(wrap(op.Go+" "+does+".") + page(ref.Page))
		f.Func().Params(jen.Id("c").Id("Client")).Id(op.Go).Params(
			jen.Id("ctx").Qual("context", "Context"), jen.Id("req").Op("*").Id(op.ReqType.Go),
		).Params(jen.Op("*").Id(op.ResType.Go), jen.Error()).Block(
			jen.Id("res").Op(":=").New(jen.Id(op.ResType.Go)),
			jen.If(jen.Err().Op(":=").Id("c").Dot("inv").Dot("Invoke").Call(jen.Id("ctx"), jen.Id("Op"+op.Go), jen.Id("req"), jen.Id("res")), jen.Err().Op("!=").Nil()).Block(
				jen.Return(jen.Nil(), jen.Err())),
			jen.Return(jen.Id("res"), jen.Nil()),
		)
	}
	f := e.file("operations", len(e.p.Ops)+10)
	f.Comment("Operations returns all operations, sorted by name.")
	f.Func().Id("Operations").Params().Index().Op("*").Id("Operation").Block(
		jen.Return(jen.Index().Op("*").Id("Operation").ValuesFunc(func(g *jen.Group) {
			for _, op := range e.p.Ops {
				g.Line().Id("Op" + op.Go)
			}
			g.Line()
		})),
	)
}

func (e *emitter) operation(op *plan.Op) jen.Dict {
	d := jen.Dict{
		jen.Id("Name"):     jen.Lit(op.Name),
		jen.Id("Action"):   jen.Lit(op.Action),
		jen.Id("Request"):  jen.Lit(prefixed(op.Request)),
		jen.Id("Response"): jen.Lit(op.Response.Local),
		jen.Id("NewRequest"): jen.Func().Params().Id("Message").Block(
			jen.Return(jen.New(jen.Id(op.ReqType.Go)))),
		jen.Id("NewResponse"): jen.Func().Params().Id("Message").Block(
			jen.Return(jen.New(jen.Id(op.ResType.Go)))),
	}
	if op.Since != "" {
		d[jen.Id("Since")] = jen.Lit(op.Since)
	}
	if op.Until != "" {
		d[jen.Id("Until")] = jen.Lit(op.Until)
	}
	if op.Online {
		d[jen.Id("Online")] = jen.True()
	}
	if op.Idempotent {
		d[jen.Id("Idempotent")] = jen.True()
	}
	var bits []jen.Code
	for _, h := range headerNames {
		if slices.ContainsFunc(op.Headers, func(n xsdName) bool { return n.Local == h.local }) {
			if len(bits) > 0 {
				bits = append(bits, jen.Op("|"))
			}
			bits = append(bits, jen.Id(h.id))
		}
	}
	if len(bits) > 0 {
		d[jen.Id("Headers")] = jen.Add(bits...)
	}
	return d
}
