// Package auditfile writes the README that lies in an auditor's evidence folder:
// what each file is, and the commands that check it.
//
// It promises to list only files that the folder has. It must not import another
// room of reports, nor jobs or the adapters under pipeline/.
package auditfile
