package wsdl

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

func TestReadSets(t *testing.T) {
	for _, tt := range []struct {
		dir         string
		all, inWSDL int
	}{
		{"01-Exchange2007_SP1", 34, 34},
		{"10-V2017_07_11_SE-15.2.2562.17", 133, 122},
		{"13-O365_V2018_01_08_2023-04", 137, 123},
	} {
		t.Run(tt.dir, func(t *testing.T) {
			dir := filepath.Join("../../../../../shared/schemas", tt.dir)
			if _, err := os.Stat(dir); err != nil {
				t.Skip("no schema sets at hand")
			}
			fsys := os.DirFS(dir)
			s, err := xsd.Read(fsys, "types.xsd", "messages.xsd")
			if err != nil {
				t.Fatal(err)
			}
			ops, err := Read(fsys, s)
			if err != nil {
				t.Fatal(err)
			}
			in := 0
			for _, op := range ops {
				if op.InWSDL {
					in++
				}
				if s.Elements[op.Request] == nil || s.Elements[op.Response] == nil {
					t.Errorf("%s: request %s or answer %s is not in the schema", op.Name, op.Request, op.Response)
				}
			}
			if len(ops) != tt.all || in != tt.inWSDL {
				t.Errorf("%d operations, %d of them in the WSDL; want %d, %d", len(ops), in, tt.all, tt.inWSDL)
			}
		})
	}
}
