// Package xsd holds an ordered model of the XML Schema subset that the
// Exchange Web Services contract is written in, and a reader for it.
//
// The model keeps what generators and validators live on and simpler models
// lose: the order of particles, choices inside extensions, substitution
// groups, model groups, attribute groups, restrictions, lists, unions,
// anonymous types, wildcards and facets. It also carries the version marks of
// this project's own schema files (see [Versions]).
package xsd

// Namespace URIs that occur in the EWS schemas.
const (
	XS       = "http://www.w3.org/2001/XMLSchema"
	XML      = "http://www.w3.org/XML/1998/namespace"
	Types    = "http://schemas.microsoft.com/exchange/services/2006/types"
	Messages = "http://schemas.microsoft.com/exchange/services/2006/messages"

	// VersionNS is the namespace of the version marks: v:since, v:until and
	// v:online.
	VersionNS = "urn:goews:schema-versions"
)

// Unbounded is the Max of a particle that may be repeated without limit.
const Unbounded = -1

// Name is an expanded name. The zero Name is no name.
type Name struct{ Space, Local string }

// IsZero reports whether n is no name.
func (n Name) IsZero() bool { return n == Name{} }

// String returns the name with the customary prefix of its namespace, as in
// "t:ItemType".
func (n Name) String() string {
	switch n.Space {
	case Types:
		return "t:" + n.Local
	case Messages:
		return "m:" + n.Local
	case XS:
		return "xs:" + n.Local
	case XML:
		return "xml:" + n.Local
	case "":
		return n.Local
	}
	return "{" + n.Space + "}" + n.Local
}

// Versions says which server versions know a component. The zero value says
// nothing: known to every version, or unknown when.
type Versions struct {
	// Since is the first ExchangeVersionType value that has the component, as
	// in "Exchange2010_SP1". Empty if the schema does not say.
	Since string
	// Until is the last version that has it; empty if the newest still does.
	Until string
	// Online is set for components that only Exchange Online has.
	Online bool
}

// Schema is a set of schema documents, merged.
type Schema struct {
	Types           map[Name]*Type      // global types
	Elements        map[Name]*Element   // global elements
	Groups          map[Name]*Group     // model groups
	AttributeGroups map[Name]*AttrGroup // attribute groups
	Version         string              // version attribute of the newest document, "" if none
	Files           []string            // base names of the documents read, in order
}

// Derivation says how a complex type comes from its base.
type Derivation uint8

// The ways of derivation.
const (
	NoDerivation Derivation = iota
	Extension
	Restriction
)

// Variety is the kind of a type.
type Variety uint8

// The varieties of types.
const (
	Complex       Variety = iota // element content, possibly empty
	SimpleContent                // text and attributes
	Atomic                       // simple: restriction of a base
	List                         // simple: white-space separated
	Union                        // simple: one of several
)

// Type is a complex or a simple type.
type Type struct {
	Name        Name // zero for an anonymous type
	Variety     Variety
	Abstract    bool
	Base        Name  // base of an extension or restriction; zero if none
	BaseType    *Type // an anonymous base (only simple types have one)
	Derived     Derivation
	Content     *Particle    // own particle of a complex type, without the base's; nil if none
	Attrs       []*Attribute // own attributes, attribute groups resolved in place
	AnyAttr     bool
	Enum        []EnumValue // values of an atomic type
	Facets      []Facet
	Item        Name    // item type of a list
	ItemType    *Type   // anonymous item type of a list
	Members     []Name  // named members of a union
	MemberTypes []*Type // anonymous members of a union
	Versions
}

// IsSimple reports whether t is a simple type: it has neither elements nor
// attributes.
func (t *Type) IsSimple() bool { return t.Variety >= Atomic }

// EnumValue is a value of an enumeration.
type EnumValue struct {
	Value string
	Versions
}

// Facet is a constraint on the values of a simple type other than an
// enumeration: pattern, minLength, maxInclusive and so on.
type Facet struct{ Kind, Value string }

// ParticleKind is the kind of a particle.
type ParticleKind uint8

// The kinds of particles.
const (
	ElementParticle ParticleKind = iota
	Sequence
	Choice
	All
	GroupRef
	Any
)

// Particle is a part of a content model.
type Particle struct {
	Kind     ParticleKind
	Min, Max int         // Max may be Unbounded
	Element  *Element    // of an ElementParticle
	Ref      Name        // of a GroupRef
	Children []*Particle // of Sequence, Choice, All
	Process  string      // processContents of Any
	AnyNS    string      // namespace of Any
}

// Element is an element declaration, global or local, or a reference to a
// global one (Ref set; Name is then the referenced name).
type Element struct {
	Name     Name
	Ref      bool
	Type     Name  // zero for an anonymous type or a reference
	Inline   *Type // anonymous type
	Abstract bool
	Subst    Name // head of the substitution group
	Nillable bool
	Default  string
	Versions
}

// Attribute is an attribute declaration.
type Attribute struct {
	Name       string // attributes are unqualified, but for xml:lang ("xml:lang")
	Type       Name
	Inline     *Type
	Required   bool
	Prohibited bool
	Default    string
	Group      Name // attribute group that it comes from; zero if none
	Versions
}

// Group is a named model group.
type Group struct {
	Name    Name
	Content *Particle
	Versions
}

// AttrGroup is a named attribute group.
type AttrGroup struct {
	Name  Name
	Attrs []*Attribute
	Versions
}
