package pipeline

// HeldLine is what the lake holds of a bank account already: a line, or a
// balance of a statement.
type HeldLine struct {
	ID        string
	Statement string // in which it was first told; "" where none proved it
	Kind      string // BankOpening and BankClosing are balances
	Day       string // 2026-10-01
	Balance   Amount // of a balance
	Amount    Amount // of a line
}

// HeldLines gives what is held of an account and currency around a day. It is
// asked once for each statement that is read.
type HeldLines func(account, currency, day string) ([]HeldLine, error)
