package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// helpColumns is how wide help is: the terminal that nobody has made wider.
const helpColumns = "80"

// verbGroup is verbs that one looks for together.
type verbGroup struct {
	id, title string
	verbs     []func(*app) *cobra.Command
}

// verbGroups are all verbs as help lists them: groups, and verbs within them, in
// the order in which a month needs them.
func verbGroups() []verbGroup {
	return []verbGroup{
		{"month", "A month, from files to the close:", []func(*app) *cobra.Command{
			runCommand, fetchCommand, ingestCommand, undoCommand, reconcileCommand, statementsCommand, packageCommand, closeCommand, approveCommand, reopenCommand, sendCommand, yearFilesCommand,
		}},
		{"look", "Look:", []func(*app) *cobra.Command{
			statusCommand, exceptionsCommand, creatorsCommand, queryCommand, traceCommand, runsCommand,
		}},
		{"prove", "Prove:", []func(*app) *cobra.Command{
			verifyCommand, timestampCommand, auditFileCommand, sampleCommand, publishCommand,
		}},
		{"alone", "Run by itself:", []func(*app) *cobra.Command{
			serveCommand, scheduleCommand, notifyCommand,
		}},
		{"keep", "Keep:", []func(*app) *cobra.Command{
			backupCommand, restoreCommand, copyCommand, compactCommand, eraseCommand, upgradeCommand,
		}},
		{"begin", "Set up, and try:", []func(*app) *cobra.Command{
			demoCommand, initCommand, checkCommand, doctorCommand, layoutCommand, usersCommand, authCommand, generateCommand, scoreCommand, completionCommand, versionCommand,
		}},
	}
}

// addVerbs hangs the verbs into the tree, in their groups.
func addVerbs(a *app, root *cobra.Command) {
	for _, g := range verbGroups() {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, verb := range g.verbs {
			cmd := verb(a)
			cmd.GroupID = g.id
			root.AddCommand(cmd)
		}
	}
	root.SetHelpCommandGroupID("begin")
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" {
			cmd.Short = "all about a verb, with examples"
		}
	}
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped "+helpColumns))
}
