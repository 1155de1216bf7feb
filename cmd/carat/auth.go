package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/people"
	"carat/pipeline/identity"
	"carat/pipeline/identity/sshkey"
)

// authCommand is `carat auth on|accept|recover`.
func authCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "auth on|accept|recover",
		Short: "let people prove who they are, by keys",
		Long: `on switches authentication on: you become its first administrator by the key of
--key, and what carat.yaml says of auth and four_eyes is recorded. From then on
a carat.yaml that says otherwise is refused until an administrator accepts it
(accept); it is never switched off. Roles granted before end.

recover is for when every administrator's key is lost: whoever owns the lake's
files becomes administrator for 24 hours by a new key, under a name that has no
role. It is recorded, and told in carat status and in the next certificate.`,
		Example: `  carat auth on --user cleo --key ~/.ssh/id_ed25519
  carat auth accept --user cleo --key ~/.ssh/id_ed25519
  carat auth recover --user emergency --key new_key`,
		ValidArgs: []string{"on", "accept", "recover"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("carat auth takes on, accept or recover").WithHint("for example `carat auth on --key ~/.ssh/id_ed25519`")
			}
			return chosen("what to do", args[0], "on", "accept", "recover")
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			switch args[0] {
			case "accept":
				return a.acceptPolicy(cmd, s)
			case "recover":
				return a.recoverAuth(cmd, s)
			}
			return a.switchOn(cmd, s)
		},
	}
}

func (a *app) switchOn(cmd *cobra.Command, s books.Setting) error {
	key, err := a.ownKey()
	if err != nil {
		return err
	}
	r, err := people.SwitchOn(cmd.Context(), people.AuthOptions{Setting: s, Key: key})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "authentication is on (record %d)\n%s is administrator, by the key %s\nrecorded of carat.yaml: %s\n", r.Record, r.Administrator, r.Fingerprint, strings.Join(r.Policy, ", "))
	if len(r.Ended) > 0 {
		fmt.Fprintf(a.stdout, "roles that nobody had proved have ended: %s\n", strings.Join(r.Ended, ", "))
	}
	fmt.Fprint(a.stdout, "the others ask for a key each: `carat users request --key FILE`\n")
	return nil
}

func (a *app) acceptPolicy(cmd *cobra.Command, s books.Setting) error {
	r, err := people.Accept(cmd.Context(), people.AuthOptions{Setting: s})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "from record %d on %s\nbefore: %s\n", r.Record, strings.Join(r.Policy, ", "), strings.Join(r.Before, ", "))
	if len(r.Waiting) > 0 {
		fmt.Fprintf(a.stdout, "%s: this makes approvers, and waits for another administrator's `carat auth accept`\n", strings.Join(r.Waiting, ", "))
	}
	return nil
}

func (a *app) recoverAuth(cmd *cobra.Command, s books.Setting) error {
	key, err := a.ownKey()
	if err != nil {
		return err
	}
	r, err := people.Recover(cmd.Context(), people.AuthOptions{Setting: s, Key: key})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s is administrator until %s (record %d), by the key %s\nenrol a lasting administrator's key by then; this is told to everybody who looks\n",
		r.Administrator, shownTime(r.Until), r.Record, r.Fingerprint)
	return nil
}

// ring is where keys are looked for: the file of --key or CARAT_KEY, or the agent.
func (a *app) ring() sshkey.Ring {
	file := a.key
	if file == "" {
		file = a.variable("CARAT_KEY")
	}
	return sshkey.Ring{File: file, PassphraseFile: a.keyPassphrase, Agent: a.variable("SSH_AUTH_SOCK")}
}

// ownKey gives the key that --key names: of whoever brings a new one.
func (a *app) ownKey() (identity.Key, error) {
	ring := a.ring()
	if ring.File == "" {
		return identity.Key{}, usage("a key is needed, and --key names none").WithHint("for example --key ~/.ssh/id_ed25519; `ssh-keygen -t ed25519` makes one")
	}
	signer, end, err := ring.Signer(func(identity.Key) bool { return true })
	if err != nil {
		return identity.Key{}, err
	}
	return signer.Key(), end()
}
