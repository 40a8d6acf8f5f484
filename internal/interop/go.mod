module github.com/seed-1937cc67/goews/internal/interop

go 1.26.0

require github.com/seed-1937cc67/goews v0.0.0

require github.com/zitadel/oidc/v3 v3.52.0 // indirect

replace github.com/seed-1937cc67/goews => ../..
