module github.com/seed-1937cc67/goews

go 1.26.0

require (
	github.com/dave/jennifer v1.7.1
	github.com/google/go-cmp v0.7.0
	github.com/hooklift/gowsdl v0.5.0
	golang.org/x/text v0.44.0
)

require github.com/orisano/gosax v1.1.1
