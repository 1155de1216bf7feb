package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"carat/jobs/serve"
	"carat/sql"
)

// serveCommand is `carat serve`: the pages.
func serveCommand(a *app) *cobra.Command {
	o := serve.Options{SQL: sql.Files}
	var logs string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "pages for a browser: months, exceptions, evidence",
		Long: `Serves carat's pages until it is told to stop (SIGTERM or SIGINT). Where people
don't prove who they are (auth: none) only this machine reaches them, by a link
with a random key that is printed at the start. With carat auth on people sign
in by their SSH keys, and other addresses may be listened on: with a
certificate, or behind a proxy that speaks TLS. Where carat.yaml names a
provider (auth: {oidc: ...}) they can sign in there too, and whoever starts the
server is a scheduler with a key: --user NAME --key FILE. --flight answers tools
of analysts by Arrow Flight SQL (ADBC, JDBC), who show a token.`,
		Example: `  carat serve
  carat serve --url https://books.example --tls-cert c.pem --tls-key k.pem
  carat serve --url https://carat.example.com --behind-proxy 127.0.0.1/32
  carat serve --flight 127.0.0.1:8421`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			s.Progress = nil // a server's log has no bar
			if o.Log, err = a.logger(logs); err != nil {
				return err
			}
			o.Setting, o.Clock = s, time.Now
			o.Ready = func(link, flight string) {
				fmt.Fprintf(a.stdout, "carat's pages are at\n%s\n", link)
				if flight != "" {
					fmt.Fprintf(a.stdout, "Flight SQL is at\n%s\n", flight)
				}
			}
			return serve.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.Listen, "listen", "127.0.0.1:8420", "the address to listen on; port 0 is any that is free")
	cmd.Flags().StringVar(&o.URL, "url", "", "where people reach the pages, https://NAME")
	cmd.Flags().StringVar(&o.CertFile, "tls-cert", "", "a file with the certificate and those it rests on, as PEM")
	cmd.Flags().StringVar(&o.KeyFile, "tls-key", "", "a file with its key, as PEM")
	cmd.Flags().StringSliceVar(&o.Proxies, "behind-proxy", nil, "the network (CIDR) of a proxy that speaks TLS for carat")
	cmd.Flags().StringVar(&o.Flight, "flight", "", "answer tools that speak Arrow Flight SQL at this address too, such as 127.0.0.1:8421")
	cmd.Flags().StringVar(&logs, "log", "text", "text or json")
	cmd.Flags().DurationVar(&o.Grace, "grace", 10*time.Second, "how long requests may take to end after a signal to stop")
	return cmd
}
