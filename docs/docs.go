// Package docs holds carat's documentation, so that the program can show what it was built
// with. It promises nothing but the files themselves and imports nothing but embed.
package docs

import "embed"

// Files holds the documents and the files of a deployment that they speak of, under
// their paths below docs/.
//
//go:embed *.md deploy/*.* deploy/Containerfile deploy/helm/*.yaml
var Files embed.FS
