// Command carat closes the month of a live-streaming gift economy: it ingests
// feed files into a history of Parquet, reconciles coins, diamonds and money by
// SQL, and writes a statement for every creator.
//
// One file per verb. This package alone reads flags, the environment and the
// clock; it prints what the jobs return, and turns the kind of an error into
// the exit code.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // time zones, on machines that have none

	"github.com/spf13/cobra"

	"carat/jobs/sandbox"
)

// version is set by the build.
var version = "unknown"

// goMemoryBytes is what Go's collector aims to stay below. An ingest leaves
// hundreds of megabytes of buffers behind at a time; at the collector's own
// pace (twice what is in use) ten million rows peak above 1 GiB. What the SQL
// engine holds is not Go's and is bounded by memory in carat.yaml.
const goMemoryBytes = 700 << 20

// unusedHeapBytes is reserved and never touched, so that it takes no memory: the
// collector counts it as in use and first runs when about as much was allocated.
// Most verbs end before. Without it the collector runs from 4 MiB on, again and
// again while the heap is small: a quarter of the CPU of a verify of a small lake.
const unusedHeapBytes = 48 << 20

func main() { os.Exit(mainCode()) }

// mainCode runs carat on the process's own arguments and gives its exit code.
func mainCode() int {
	// Names and addresses lie in much of what carat writes, also in files that its
	// databases make: none of it is for other accounts, whatever the umask was.
	syscall.Umask(0o077)
	if sandbox.Called(os.Args) {
		return sandbox.Serve(context.Background(), os.Stdin, os.Stdout, os.NewFile(3, "end"))
	}
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // under nohup it stays so
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	limitMemory(os.Environ())
	unused := make([]byte, unusedHeapBytes)
	defer runtime.KeepAlive(unused)
	cobra.EnableCommandSorting = false // help lists verbs in the order of a month
	return run(ctx, os.Args, os.Environ(), os.Stdout, os.Stderr)
}

// limitMemory sets the collector's limit, unless GOMEMLIMIT does.
func limitMemory(env []string) {
	for _, e := range env {
		if strings.HasPrefix(e, "GOMEMLIMIT=") {
			return
		}
	}
	debug.SetMemoryLimit(goMemoryBytes)
}

// app is what every verb shares: where it writes, and its one reading of the
// clock.
type app struct {
	stdout   io.Writer
	stderr   io.Writer
	terminal bool // stderr is one: a progress bar makes sense
	now      time.Time
	env      []string
	clock    func() time.Time // for the seconds that a run took, and the progress bar
	self     string           // what carat was called as, for commands to copy
	// who runs carat: the operating system's user, whom CARAT_USER or --user
	// names
	osUser, user string
	arguments    []string
	verb         string // what was run, with carat's name before it
	dir          string
	secrets      []string // of the configuration, for what others say of them
	format       string
	force        bool   // --force: a file takes the place of another
	key          string // --key: the file of the key to sign with; "": CARAT_KEY, else an agent's
	// keyPassphrase is the file of its passphrase; "": it has none, or an agent has it.
	keyPassphrase string
	fault         func(step, path string) error // of the lake; nil but in tests
	trace         *tracer                       // nil unless the environment names a receiver
}

// run does what the arguments, of which the first is carat's own name, say and
// gives the exit code.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	return newApp(args, env, stdout, stderr).run(ctx)
}

func newApp(args, env []string, stdout, stderr io.Writer) *app {
	return &app{stdout: onScreen(stdout, env), stderr: onScreen(stderr, env), terminal: isTerminal(stderr, env), now: time.Now(), clock: time.Now, self: args[0],
		osUser: osUser(env), user: namedUser(env), env: env, arguments: args[1:]}
}

func (a *app) run(ctx context.Context) int {
	root := a.root()
	root.SetArgs(a.arguments)
	defer a.flushScreens()
	cmd, err := root.ExecuteContextC(ctx)
	a.verb = cmd.CommandPath()
	if lost := a.trace.end(err); lost != nil {
		a.tell("traces were not taken: " + lost.Error())
	}
	return a.finish(err)
}

// root makes the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:     "carat",
		Version: version,
		Short:   "Coins in, diamonds out, every cent accounted for",
		Long: `carat closes the month of a live-streaming gift economy: coin purchases, gifts
and payouts go into a history of Parquet; SQL reconciles them; out come the
exceptions and a statement for every creator.

Begin with: carat demo`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, args []string) (err error) {
			if err = a.checkArguments(cmd, args); err == nil {
				a.trace, err = newTracer(cmd.Context(), a.variable, a.clock, cmd.Name())
			}
			return err
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) { a.plainForPrograms(cmd) }
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().StringVar(&a.dir, "dir", ".", "the folder that holds carat.yaml")
	root.PersistentFlags().StringVar(&a.user, "user", a.user, "who you are, for sign-offs, decisions and the record; else CARAT_USER, else the operating system's user")
	root.PersistentFlags().StringVar(&a.key, "key", "", "the SSH key to sign with, a file; else CARAT_KEY, else one of yours in ssh-agent")
	root.PersistentFlags().StringVar(&a.keyPassphrase, "key-passphrase", "", "a file with the key's passphrase; an agent needs none")
	root.SetVersionTemplate(versionText())
	addVerbs(a, root)
	completeFlags(a, root)
	return root
}
