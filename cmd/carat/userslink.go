package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/people"
)

// linkUser records who somebody is at the provider of sign-ins.
func (a *app) linkUser(cmd *cobra.Command, s books.Setting, person, subject string) error {
	link, err := people.Link(cmd.Context(), people.LinkOptions{Setting: s, Person: person, Subject: subject})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s signs in by the provider as %s (record %d)\nask %s, by another way, whether that is theirs\n", person, link.ID(), link.No, person)
	return nil
}

// unlinkUser takes that away.
func (a *app) unlinkUser(cmd *cobra.Command, s books.Setting, person, id string, f usersFlags) error {
	record, err := people.Unlink(cmd.Context(), people.LinkOptions{Setting: s, Person: person, ID: id, Reason: f.reason})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "record %d ends of %s: %s\n", record, person, id)
	return nil
}
