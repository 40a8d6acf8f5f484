package ewstest

import (
	"bytes"
	"encoding/xml"
	"slices"
)

// Exchange takes some requests that its own schema refuses, and clients live
// on it. Each of these exceptions has a name here, and puts the request into
// the form that the schema asks for. What cannot be put right is refused.

// exception is one of them.
type exception struct {
	name string
	ops  []string
	fix  func(*element)
}

var exceptions = []exception{
	{"GetMailTips without MailTipsRequested means all", []string{"GetMailTips"}, func(e *element) {
		if tips := e.find("GetMailTips"); tips != nil && tips.find("MailTipsRequested") == nil {
			name := tips.prefix() + "MailTipsRequested"
			tips.append("<" + name + ">All</" + name + ">")
		}
	}},
	{"FindPeople with a Traversal", []string{"FindPeople"}, func(e *element) {
		if people := e.find("FindPeople"); people != nil {
			people.dropAttr("Traversal")
		}
	}},
	{"Subscribe with a Watermark in the namespace of messages", []string{"Subscribe"}, func(e *element) {
		for _, w := range e.all("Watermark") {
			if events := e.find("EventTypes"); events != nil {
				w.rename(events.prefix() + "Watermark")
			}
		}
	}},
	{"Permissions in another order and spelling", []string{"CreateFolder", "UpdateFolder"}, func(e *element) {
		for _, p := range slices.Concat(e.all("Permission"), e.all("CalendarPermission")) {
			fixPermission(p)
		}
	}},
}

// permissionOrder is the order of a permission's elements.
var permissionOrder = []string{
	"UserId", "CanCreateItems", "CanCreateSubFolders", "IsFolderOwner", "IsFolderVisible", "IsFolderContact", "EditItems", "DeleteItems",
	"ReadItems", "PermissionLevel", "CalendarPermissionLevel",
}

func fixPermission(p *element) {
	for _, c := range p.children {
		switch c.local() {
		case "CanCreateSubfolders":
			c.rename(c.prefix() + "CanCreateSubFolders")
		case "CalendarPermissionLevel":
			if p.local() == "Permission" {
				c.rename(c.prefix() + "PermissionLevel")
			}
		}
	}
	slices.SortStableFunc(p.children, func(a, b *element) int {
		return slices.Index(permissionOrder, a.local()) - slices.Index(permissionOrder, b.local())
	})
}

// putRight returns a request as the schema asks for it, nil if there is no
// exception for the operation or the request is no XML.
func putRight(body []byte, op string) []byte {
	var root *element
	for _, x := range exceptions {
		if !slices.Contains(x.ops, op) {
			continue
		}
		if root == nil {
			if root = parseElements(body); root == nil {
				return nil
			}
		}
		x.fix(root)
	}
	if root == nil {
		return nil
	}
	var b bytes.Buffer
	root.write(&b)
	return b.Bytes()
}

// element is an element of a request, with the text that it is written in.
type element struct {
	name     string // with its prefix
	attrs    string // the rest of the start tag
	children []*element
	text     []byte // of an element without children
	tail     []byte // between the end of the element and what follows
	lead     []byte // between the start tag and the first child
}

// maxElements bounds how deep elements are nested.
const maxElements = 256

func parseElements(doc []byte) *element {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var stack []*element
	var root *element
	end := 0 // of the last tag
	for {
		tok, err := d.RawToken()
		if err != nil {
			if len(stack) > 0 {
				return nil
			}
			return root
		}
		at := int(d.InputOffset())
		switch tok := tok.(type) {
		case xml.StartElement:
			from := bytes.LastIndexByte(doc[:at], '<')
			if from < end || len(stack) > maxElements {
				return nil
			}
			e := &element{name: tok.Name.Local}
			if tok.Name.Space != "" {
				e.name = tok.Name.Space + ":" + tok.Name.Local
			}
			e.attrs = string(bytes.TrimSuffix(bytes.TrimSuffix(doc[from+1+len(e.name):at], []byte(">")), []byte("/")))
			between := doc[end:from]
			if len(stack) > 0 {
				parent := stack[len(stack)-1]
				if n := len(parent.children); n > 0 {
					parent.children[n-1].tail = between
				} else {
					parent.lead = between
				}
				parent.children = append(parent.children, e)
			} else if root != nil {
				return nil
			} else {
				root = e
			}
			stack = append(stack, e)
			end = at
		case xml.EndElement:
			if len(stack) == 0 {
				return nil
			}
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			from := max(bytes.LastIndexByte(doc[:at], '<'), end)
			if at == end { // an empty tag
				from = end
			}
			if n := len(e.children); n > 0 {
				e.children[n-1].tail = doc[end:from]
			} else {
				e.text = doc[end:from]
			}
			end = at
		}
	}
}

func (e *element) write(b *bytes.Buffer) {
	b.WriteString("<" + e.name + e.attrs + ">")
	b.Write(e.lead)
	b.Write(e.text)
	for _, c := range e.children {
		c.write(b)
		b.Write(c.tail)
	}
	b.WriteString("</" + e.name + ">")
}

func (e *element) local() string {
	_, local, ok := bytes.Cut([]byte(e.name), []byte(":"))
	if !ok {
		return e.name
	}
	return string(local)
}

// prefix returns the prefix with its colon.
func (e *element) prefix() string { return e.name[:len(e.name)-len(e.local())] }

func (e *element) rename(name string) { e.name = name }

// all returns the elements below e with the local name.
func (e *element) all(local string) []*element {
	var list []*element
	for _, c := range e.children {
		if c.local() == local {
			list = append(list, c)
		}
		list = append(list, c.all(local)...)
	}
	return list
}

// find returns the first of them; nil if there is none.
func (e *element) find(local string) *element {
	if list := e.all(local); len(list) > 0 {
		return list[0]
	}
	return nil
}

// append adds an element at the end.
func (e *element) append(xml string) {
	if n := len(e.children); n > 0 {
		e.children[n-1].tail = append(bytes.Clone(e.children[n-1].tail), xml...)
	} else {
		e.text = []byte(xml)
	}
}

// dropAttr takes an attribute from the start tag.
func (e *element) dropAttr(name string) {
	d := xml.NewDecoder(bytes.NewReader([]byte("<x" + e.attrs + ">")))
	tok, err := d.RawToken()
	start, ok := tok.(xml.StartElement)
	if err != nil || !ok {
		return
	}
	var b bytes.Buffer
	for _, a := range start.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			continue
		}
		key := a.Name.Local
		if a.Name.Space != "" {
			key = a.Name.Space + ":" + key
		}
		b.WriteString(" " + key + `="`)
		_ = xml.EscapeText(&b, []byte(a.Value)) // a Buffer takes all
		b.WriteString(`"`)
	}
	e.attrs = b.String()
}
