module github.com/seed-1937cc67/goews

go 1.26
