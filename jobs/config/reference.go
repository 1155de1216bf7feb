package config

import "strings"

// Key is one key of carat.yaml as its reference describes it. A path's parts are
// keys; * stands for one of the user's choice.
type Key struct {
	Path    string // "feeds.*.layout.separator"
	Meaning string
	Default string // "" for none
	Example string // YAML of the key itself, at its own place in the file
}

// Reference gives every key that has something to say, in the order of a file.
func Reference() []Key { return reference }

var reference = []Key{
	{"lake", "folder of the history, relative to carat.yaml", "lake", "lake: lake"},
	{"catalog", "where the history's tables are listed: empty for SQLite inside the lake folder, else PostgreSQL", "", "catalog: postgres://carat@db/carat"},
	{"time_zone", "of accounting months, and of timestamps without a zone", "UTC", "time_zone: Europe/Berlin"},
	{"reporting_currency", "the currency of sums over several", "USD", "reporting_currency: EUR"},
	{"entity", "the legal entity of rows that name none", "main", "entity: main"},
	{"first_period", "the first month that carat closes; empty: the month of the first event", "", `first_period: "2026-10"`},
	{"max_reject_share", "a file with a larger share of bad rows commits nothing", "0.01", "max_reject_share: 0.01"},
	{"tolerances", "how far a match with a third party may be off, by currency", `{USD: "0.01"}`, `tolerances: {USD: "0.01", EUR: "0.01"}`},
	{"entities", "the legal entities that sell the coins and owe the creators", "main", "entities:\n  main: {name: Example Ltd, functional_currency: USD}"},
	{"entities.*.name", "as statements print it", "", "entities:\n  main: {name: Example Ltd, functional_currency: USD}"},
	{"entities.*.address", "as statements print it", "", "entities:\n  main: {address: 1 Main St, functional_currency: USD}"},
	{"entities.*.tax_id", "as statements print it", "", "entities:\n  main: {tax_id: DE123, functional_currency: USD}"},
	{"entities.*.functional_currency", "the currency of its books", "", "entities:\n  main: {functional_currency: USD}"},
	{"entities.*.revenue", "gross: the list price is revenue; net: the platform's share is", "gross", "entities:\n  main: {functional_currency: USD, revenue: net}"},
	{"store_fee_rate", "what a store keeps of a purchase that names no fee, by channel", `{apple: "0.30", google: "0.30", web: "0.03", reseller: "0"}`, `store_fee_rate: {apple: "0.15"}`},
	{"due_days", "after how many days a purchase that isn't settled is a break, by channel", "{apple: 45, google: 30, web: 7, reseller: 30}", "due_days: {apple: 50}"},
	{"clawback", "whether a refund takes the creator's diamonds back: none or full", "none", "clawback: full"},
	{"breakage", "when unused coins become revenue", "{after_months: 0}", "breakage: {after_months: 24}"},
	{"breakage.after_months", "months without use after which a viewer's coins are broken; 0: never", "0", "breakage: {after_months: 24}"},
	{"fx_max_age_days", "how old an exchange rate may be", "5", "fx_max_age_days: 5"},
	{"materiality", "from which amount on a difference matters, in reporting currency: exceptions to review that come to less may be decided together", `{USD: "100"}`, `materiality: {USD: "100"}`},
	{"payout_due_days", "days after which a payout that is requested and unpaid is looked at", "45", "payout_due_days: 15"},
	{"below_minimum_days", "days after which a creator's balance below the minimum of their payout method is looked at", "365", "below_minimum_days: 365"},
	{"payout_fx_tolerance", "how far a payout's own exchange rate may be off the published one, as a part of it", "0.05", `payout_fx_tolerance: "0.02"`},
	{"escheat", "months without movement after which a creator's balance is told as dormant, by country; of coins sold there no breakage is taken ahead", "{}", "escheat: {US: 36}"},
	{"flux_percent", "a change against another month of more percent, and of more than the materiality, needs a note", "10", "flux_percent: 10"},
	{"refund_reserve", "report: the refund liability on spent coins is told; post: it is booked", "report", "refund_reserve: post"},
	{"approvers", "who may approve a month; empty: anyone but who prepared it", "[]", "approvers: [ada, grace]"},
	{"accounts", "accounts of the journal, by role", "{}", `accounts: {cash: "1000 Cash"}`},
	{"memory", "how much the SQL engine takes", "4GB", "memory: 8GB"},
	{"threads", "how many threads it uses; 0: all cores", "0", "threads: 4"},
	{"feeds", "where each feed's files are and how they are read", "inbox/<feed>*", "feeds:\n  bank_lines: {paths: [\"inbox/bank*\"]}"},
	{"feeds.*.paths", "patterns of its files, inside the folder of carat.yaml", `["inbox/<feed>*"]`, "feeds:\n  bank_lines: {paths: [\"inbox/bank*\"]}"},
	{"feeds.*.expected", "daily: a day without a row is a break", "", "feeds:\n  gift_events: {expected: daily}"},
	{"feeds.*.time_zone", "of its timestamps without a zone", "time_zone", "feeds:\n  bank_lines: {time_zone: Europe/Berlin}"},
	{"feeds.*.format", "the format of all its files; empty: the content decides", "", "feeds:\n  settlement_lines: {format: stripe-report}"},
	{"feeds.*.accounts", "accounts whose reports are taken; empty: all", "[]", "feeds:\n  settlement_lines: {accounts: [com.example.live]}"},
	{"feeds.*.minor_digits", "digits of amounts without a point, by currency, where a report leaves them open", "{}", "feeds:\n  settlement_lines: {minor_digits: {JPY: 0}}"},
	{"feeds.*.transaction_column", "the column of a report that has our own order id", "", "feeds:\n  settlement_lines: {transaction_column: \"payment_metadata[order_id]\"}"},
	{"feeds.*.kinds", "the kind of settlement lines, by what a report calls them", "{}", "feeds:\n  settlement_lines: {kinds: {financing_paydown: adjustment}}"},
	{"feeds.*.sku_coins", "coins of a SKU, for reports of orders that don't say them", "{}", "feeds:\n  coin_purchases: {sku_coins: {coins_100: 100}}"},
	{"feeds.*.sheet", "the sheet of its workbooks; empty: the first", "", "feeds:\n  bank_lines: {sheet: October}"},
	{"feeds.*.live_creator", "who receives live gifts that name no receiver", "", "feeds:\n  gift_events: {live_creator: c1}"},
	{"feeds.*.live_silence_seconds", "after which silence a streak of gifts has ended; 0: at the file's end", "0", "feeds:\n  gift_events: {live_silence_seconds: 60}"},
	{"feeds.*.prices_from", "the day from which a gift price list holds; empty: always", "", "feeds:\n  gift_catalog: {prices_from: 2026-10-01}"},
	{"feeds.*.layout", "the columns of your own files: one layout, or a list of them", "", layoutExample("")},
	{"feeds.*.layout.name", "how messages call the layout", "", layoutExample("name: north")},
	{"feeds.*.layout.files", "patterns of the names of its files; without them the header tells", "[]", layoutExample(`files: ["north-*.csv"]`)},
	{"feeds.*.layout.time_zone", "of its times without a zone", "the feed's", layoutExample("time_zone: Europe/Berlin")},
	{"feeds.*.layout.sheet", "of a workbook", "the feed's", layoutExample("sheet: October")},
	{"feeds.*.layout.separator", "what parts the columns: , ; | or tab", ",", layoutExample(`separator: ";"`)},
	{"feeds.*.layout.encoding", "utf-8, utf-16le, utf-16be, windows-1252 or iso-8859-1", "utf-8", layoutExample("encoding: windows-1252")},
	{"feeds.*.layout.skip_lines", "lines before the header; 0: it is looked for", "0", layoutExample("skip_lines: 3")},
	{"feeds.*.layout.no_header", "columns are called 1, 2, 3, …", "false", "feeds:\n  bank_lines:\n    layout:\n      no_header: true\n      columns: {booked_at: \"1\", amount: \"3\"}\n      constants: {account: a, currency: EUR}\n      id: content"},
	{"feeds.*.layout.decimal_comma", "1234,56", "false", layoutExample("decimal_comma: true")},
	{"feeds.*.layout.thousands", "what groups the digits: . , ' or a blank", "", layoutExample(`thousands: ","`)},
	{"feeds.*.layout.currency_sign", "signs that may stand beside a number", "[]", layoutExample(`currency_sign: "$"`)},
	{"feeds.*.layout.brackets_negative", "(1.00) is below zero", "false", layoutExample("brackets_negative: true")},
	{"feeds.*.layout.trailing_sign", "1.00- is below zero; or words behind a number", "false", layoutExample("trailing_sign: {negative: [DR], positive: [CR]}")},
	{"feeds.*.layout.time_format", "how times are written, one or several; or epoch_seconds, epoch_milliseconds, epoch_microseconds", "RFC 3339", layoutExample("")},
	{"feeds.*.layout.columns", "for each of carat's columns the file's: one, [several], or {credit: …, debit: …}", "", layoutExample("")},
	{"feeds.*.layout.constants", "columns that the file doesn't have", "{}", layoutExample("")},
	{"feeds.*.layout.values", "what the texts of a column mean", "{}", "feeds:\n  payouts:\n    layout:\n      columns: {payout_id: No, creator_id: Creator, status: State, diamonds: Diamonds, gross_amount: Gross, net_amount: Net, requested_at: Asked, updated_at: Changed}\n      constants: {currency: USD, method: bank}\n      values: {status: {Done: paid, Asked: requested}}"},
	{"feeds.*.layout.kinds", "what the texts of kind mean", "{}", kindExample("kinds: {Kauf: purchase, Storno: refund}", "kind: Art, ")},
	{"feeds.*.layout.kind_by_sign", "the kind is the sign of a number", "", kindExample("kind_by_sign: {of: gross_amount, positive: purchase, negative: refund}", "")},
	{"feeds.*.layout.scale", "places by which amounts are too large: cents, minor_units or a number", "{}", layoutExample("scale: {amount: cents}")},
	{"feeds.*.layout.negated", "columns whose sign is turned", "[]", layoutExample("negated: [amount]")},
	{"feeds.*.layout.absolute", "columns whose sign is dropped", "[]", kindExample("absolute: [coins, gross_amount]", "kind: Art, ")},
	{"feeds.*.layout.*_sign", "the column that has the sign of a number, by its words", "", layoutExample("amount_sign: {column: In/Out, negative: [Out], positive: [In]}")},
	{"feeds.*.layout.leave_out", "rows that are left out, and counted: by is, is_not, begins, contains or empty", "[]", layoutExample("leave_out: [{column: State, is: [Pending], reason: not booked}]")},
	{"feeds.*.layout.id", "content: the key is made of what the row says", "", layoutExample("")},
	{"jobs", "what carat schedule runs, and when", "ingest and reconcile", "jobs:\n  ingest: {cron: \"*/15 * * * *\"}"},
	{"jobs.*.cron", "minute, hour, day, month, weekday, in time_zone", "", "jobs:\n  ingest: {cron: \"*/15 * * * *\"}"},
	{"jobs.*.after", "jobs that come first", "[]", "jobs:\n  ingest: {cron: \"0 2 * * *\"}\n  reconcile: {cron: \"30 2 * * *\", after: [ingest]}"},
	{"jobs.*.jitter", "slots begin up to this later", "0s", "jobs:\n  ingest: {cron: \"0 * * * *\", jitter: 5m}"},
	{"jobs.*.timeout", "after which a job is stopped; 0: never", "0s", "jobs:\n  ingest: {cron: \"0 * * * *\", timeout: 1h}"},
	{"jobs.*.retries", "how often an error that can pass is tried again", "3", "jobs:\n  ingest: {cron: \"0 * * * *\", retries: 5}"},
	{"jobs.*.overlap", "what becomes of a slot while the job still runs: wait or skip", "wait", "jobs:\n  ingest: {cron: \"0 * * * *\", overlap: skip}"},
	{"mail", "how carat send mails statements; the password is in CARAT_SMTP_PASSWORD", "", "mail: {server: \"smtp.example.com:587\", from: books@example.com}"},
	{"mail.server", "host and port", "", "mail: {server: \"smtp.example.com:587\", from: books@example.com}"},
	{"mail.tls", "starttls, implicit or none", "starttls", "mail: {server: \"smtp.example.com:465\", tls: implicit, from: books@example.com}"},
	{"mail.from", "the sender's address", "", "mail: {server: \"smtp.example.com:587\", from: books@example.com}"},
	{"mail.user", "of the server", "", "mail: {server: \"smtp.example.com:587\", from: books@example.com, user: books}"},
	{"mail.per_minute", "how many mails a minute; 0: no bound", "60", "mail: {server: \"smtp.example.com:587\", from: books@example.com, per_minute: 30}"},
	{"mail.subject", "with {{.Month}} and other names", "", "mail: {server: \"smtp.example.com:587\", from: books@example.com, subject: \"Your statement of {{.Month}}\"}"},
	{"mail.body", "a file with the text", "", ""},
	{"notifications", "webhooks that are told of failed jobs, late feeds, blocked and finished months", "{}", ""},
	{"backup", "where carat backup puts copies", "{}", "backup: {to: /mnt/copies, keep: 30}"},
	{"backup.to", "a folder outside the lake", "", "backup: {to: /mnt/copies, keep: 30}"},
	{"backup.keep", "how many copies are kept; 0: all", "0", "backup: {to: /mnt/copies, keep: 30}"},
}

// layoutExample is a layout of bank lines with one key more.
func layoutExample(key string) string {
	text := "feeds:\n  bank_lines:\n    layout:\n      time_format: DD/MM/YYYY\n      columns: {booked_at: Date, amount: Amount, reference: Details}\n" +
		"      constants: {account: main, currency: EUR}\n      id: content"
	if key != "" {
		text += "\n      " + key
	}
	return text
}

// kindExample is a layout of coin purchases with one key more.
func kindExample(key, columns string) string {
	return "feeds:\n  coin_purchases:\n    layout:\n      columns: {" + columns + "purchase_id: No, original_purchase_id: Of, viewer_id: User, coins: Coins, gross_amount: Paid, purchased_at: At}\n" +
		"      constants: {channel: web, currency: EUR, sku: any}\n      " + key
}

// keyOf finds what the reference says of a key: of itself, else of the nearest
// above it that has an example.
func keyOf(path []string) Key {
	for n := len(path); n > 0; n-- {
		for _, k := range reference {
			if pathFits(strings.Split(k.Path, "."), path[:n]) && k.Example != "" {
				return k
			}
		}
	}
	return Key{}
}

func pathFits(pattern, path []string) bool {
	if len(pattern) != len(path) {
		return false
	}
	for i, part := range pattern {
		tail, wild := strings.CutPrefix(part, "*")
		if !wild && part != path[i] || wild && !strings.HasSuffix(path[i], tail) {
			return false
		}
	}
	return true
}
