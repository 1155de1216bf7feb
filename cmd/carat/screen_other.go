//go:build !unix

package main

import "os"

// terminalColumns gives how wide a terminal is: here it doesn't say.
func terminalColumns(*os.File) int { return 0 }
