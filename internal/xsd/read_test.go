package xsd

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadEverySet(t *testing.T) {
	dirs, _ := filepath.Glob("../../../shared/schemas/[01]*")
	if len(dirs) == 0 {
		t.Skip("no schema sets at hand")
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			s, err := Read(os.DirFS(dir), "types.xsd", "messages.xsd")
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Types) < 400 || len(s.Elements) < 100 {
				t.Errorf("%d types, %d elements: too few", len(s.Types), len(s.Elements))
			}
		})
	}
}
