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

// addressUser records where somebody of the staff is written to.
func (a *app) addressUser(cmd *cobra.Command, s books.Setting, person, address string) error {
	if address == "none" {
		address = ""
	}
	record, err := people.Address(cmd.Context(), people.AddressOptions{Setting: s, Person: person, Address: address})
	switch {
	case err != nil:
		return err
	case address == "":
		fmt.Fprintf(a.stdout, "%s is written to no more (record %d)\n", person, record)
	default:
		fmt.Fprintf(a.stdout, "%s is written to when a comment names @%s (record %d)\n", person, person, record)
	}
	return nil
}
