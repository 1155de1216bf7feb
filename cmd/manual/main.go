// Command manual writes carat's documentation as HTML files that need no server: `make docs`.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"carat/docs"
	"carat/reports/manual"
	"carat/reports/pages/site"
	"carat/sql"
)

func main() {
	out := flag.String("out", "", "the folder that is written; it must not exist")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "manual:", err)
		os.Exit(1)
	}
}

// run writes the files into a folder of their own.
func run(out string) error {
	m, err := manual.Read(docs.Files, sql.Files, manual.StaticAddresses())
	if err != nil {
		return err
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return err
	}
	return m.Static(site.Assets[0].Content, func(name string, content []byte) error {
		to := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o644)
	})
}
