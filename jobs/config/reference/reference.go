package reference

import "strings"

// Key is one key of carat.yaml as its reference describes it. A path's parts are
// keys; * stands for one of the user's choice.
type Key struct {
	Path    string // "feeds.*.layout.separator"
	Meaning string
	Default string // "" for none
	Example string // YAML of the key itself, at its own place in the file
}

// Keys gives every key, in the order of a file.
func Keys() []Key { return keys }

var keys = []Key{
	{"lake", "folder of the history, relative to carat.yaml; or a bucket, `s3://BUCKET/PREFIX`, with `?endpoint=https://HOST:PORT` for a server that isn't Amazon's and `?region=NAME`: then `catalog` names PostgreSQL, and credentials come as AWS's tools take them", "lake", "lake: s3://example-books/carat?region=eu-central-1"},
	{"lake_cache", "folder of copies of the files of a lake in a bucket; when no carat has it open, 20 GiB stay", "lake-cache", "lake_cache: /var/cache/carat"},
	{"people", "of a lake in a bucket: the folder of names, addresses and the files of creators and payees; empty: those are refused", "", "people: /srv/carat/people"},
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
	{"settlement", "counterparties whose payouts come from a balance: running, or lines", "{paypal: running}", "settlement: {paypal: running}"},
	{"settlement.*", "running: opening and lines come to a balance that is fed; lines: each payout names its lines", "lines", "settlement: {paypal: running}"},
	{"history", "carried: a run of a month begins with what the closed month before left of viewers' coins, creators' diamonds and what agencies are owed, and earlier gifts are read only where a row reaches back; start: each reads all rows from the beginning, as one does too where nothing can be carried (coins that may break or be clawed back, a month before that isn't closed). What is signed is compared with a run from the start first", "carried", "history: start"},
	{"clawback", "whether a refund takes the creator's diamonds back: none or full", "none", "clawback: full"},
	{"breakage", "when unused coins become revenue", "{after_months: 0}", "breakage: {after_months: 24}"},
	{"breakage.after_months", "months without use after which a viewer's coins are broken; 0: never", "0", "breakage: {after_months: 24}"},
	{"fx_max_age_days", "how old an exchange rate may be", "5", "fx_max_age_days: 5"},
	{"debt_allowance", "what share of a creator's debt is expected to be lost, by the age in days from which on it holds", "{}", `debt_allowance: {0: "0.05", 90: "0.5"}`},
	{"materiality", "from which amount on a difference matters, in reporting currency: exceptions to review that come to less may be decided together", `{USD: "100"}`, `materiality: {USD: "100"}`},
	{"payout_due_days", "days after which a payout that is requested and unpaid is looked at", "45", "payout_due_days: 15"},
	{"below_minimum_days", "days after which a creator's or agency's balance below the minimum of their payout method is looked at", "365", "below_minimum_days: 365"},
	{"payout_fx_tolerance", "how far a payout's own exchange rate may be off the published one, as a part of it", "0.05", `payout_fx_tolerance: "0.02"`},
	{"escheat", "months without movement after which a creator's or agency's balance is told as dormant, by country; of coins sold there no breakage is taken ahead", "{}", "escheat: {US: 36}"},
	{"flux_percent", "a change against another month of more percent, and of more than the materiality, needs a note", "10", "flux_percent: 10"},
	{"dac7_basis", "what the year's DAC7 messages go by: what was `paid`, by its day, or what was `credited` to payees in each month (gifts less reversals, with adjustments), both less fees and tax withheld of the year's payouts", "paid", "dac7_basis: credited"},
	{"refund_reserve", "what becomes of the refund liability on spent coins: `report` tells it (`liability_ages`) and books nothing, `post` books at the month's end what it moves by, from contra-revenue (4100) to account 2110", "report", "refund_reserve: post"},
	{"statements", "when files are made of statements, which are rows, and in which language", "{files: folders}", "statements: {files: on_demand}"},
	{"statements.files", "folders: `carat run` and the close write them, and the certificate lists their hashes; on_demand: only `carat statements` and `carat send` make them, and the certificate signs the rows that they are made of", "folders", "statements: {files: on_demand}"},
	{"statements.languages", "in which language creators and agencies of a country are told, by the country in the creators and agencies files: ar, de, en, es, fr, id, ja, pt, vi or zh; docs/languages.md has the words", "{other: en}", "statements: {languages: {BR: pt, JP: ja, EG: ar, other: en}}"},
	{"statements.languages.*", "of a country (two capital letters), or other: of all that are not named", "en", "statements: {languages: {BR: pt, JP: ja, EG: ar, other: en}}"},
	{"approvers", "who may approve a month; empty: anyone but who prepared it", "[]", "approvers: [ada, grace]"},
	{"creators", "what creators see on their pages", "{provisional: false}", "creators: {provisional: true}"},
	{"creators.provisional", "true: on their pages creators see the months that aren't closed too, as the newest run has them, marked as provisional and without statements and questions; false: closed months alone", "false", "creators: {provisional: true}"},
	{"auth", "none: nobody proves who they are; else how people sign, see people.md", "none", "auth: {sign: key}"},
	{"auth.sign", "who signs records: key, people with their SSH keys; session, also a server for who is signed in there", "key", "auth: {sign: key}"},
	{"auth.oidc", "a provider of OpenID Connect by which the staff signs in on pages, beside their keys, see people.md", "", "auth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}}}"},
	{"auth.oidc.issuer", "the provider's address, https alone, or http of a private network under allow", "", "auth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}}}"},
	{"auth.oidc.client_id", "what the provider calls carat", "", "auth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}}}"},
	{"auth.oidc.client_secret", "carat's secret at the provider, as ${NAME} or FILE:path; empty: it has none", "", "auth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}, client_secret: \"${OIDC_SECRET}\"}}"},
	{"auth.oidc.groups_claim", "where in the signed token the provider puts the groups that somebody is in", "groups", "auth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}, groups_claim: roles}}"},
	{"auth.oidc.scopes", "what is asked for besides openid, where a provider says groups only then", "[]", "auth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}, scopes: [groups]}}"},
	{"auth.oidc.groups", "which group has which role (preparer, approver, support, auditor); nobody without one signs in", "", "auth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}}}"},
	{"auth.oidc.groups.*", "the role of one group", "", "auth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}}}"},
	{"auth.oidc.allow", "private networks that the provider may lie in; those of a link and a cloud's metadata never", "[]", "auth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}, allow: [10.1.0.0/16]}}"},
	{"four_eyes", "three: who decides an exception doesn't prepare its month; two: may. Who approves did neither", "three", "four_eyes: two"},
	{"waiver_limits", "how much a role may waive of one exception, by the unit of its difference; a role that isn't there may waive any", "{}", "waiver_limits: {preparer: {USD: \"100\"}, approver: {USD: \"10000\", coins: \"50000\"}}"},
	{"waiver_limits.*", "the limits of preparer or approver: by currency, coins or diamonds", "{}", "waiver_limits: {preparer: {USD: \"100\"}, approver: {USD: \"10000\", coins: \"50000\"}}"},
	{"accounts", "accounts of the journal, by role", "{}", `accounts: {cash: "1000 Cash"}`},
	{"memory", "how much the SQL engine takes", "4GB", "memory: 8GB"},
	{"threads", "how many threads it uses; 0: all cores", "0", "threads: 4"},
	{"control_timeout", "after which one of your own controls is stopped, and fails", "10m", "control_timeout: 30m"},
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
	{"feeds.*.layout.files", "patterns of the names of its files, of one source alone with its name before them (`north/statement*.csv`); without them the header tells", "[]", layoutExample(`files: ["north-*.csv"]`)},
	{"feeds.*.layout.time_zone", "of its times without a zone", "the feed's", layoutExample("time_zone: Europe/Berlin")},
	{"feeds.*.layout.sheet", "of a workbook: one, several, or \"*\" for each that has the columns", "the feed's", layoutExample("sheet: [September, October]")},
	{"feeds.*.layout.separator", "what parts the columns: , ; | or tab", ",", layoutExample(`separator: ";"`)},
	{"feeds.*.layout.encoding", "utf-8, utf-16le, utf-16be, windows-1252 or iso-8859-1", "utf-8", layoutExample("encoding: windows-1252")},
	{"feeds.*.layout.skip_lines", "lines before the header; 0: it is looked for", "0", layoutExample("skip_lines: 3")},
	{"feeds.*.layout.no_header", "columns are called 1, 2, 3, …", "false", "feeds:\n  bank_lines:\n    layout:\n      no_header: true\n      columns: {booked_at: \"1\", amount: \"3\"}\n      constants: {account: a, currency: EUR}\n      id: content"},
	{"feeds.*.layout.rows", "of JSON that is one object: the key whose value is the array of rows", "", "feeds:\n  bank_lines:\n    layout:\n      rows: data\n      time_format: epoch_seconds\n      columns: {line_id: id, booked_at: created, amount: net, currency: currency}\n      constants: {account: stripe}\n      values: {currency: {usd: USD}}\n      scale: {amount: minor_units}"},
	{"feeds.*.layout.decimal_comma", "1234,56", "false", layoutExample("decimal_comma: true")},
	{"feeds.*.layout.thousands", "what groups the digits: . , ' or a blank", "", layoutExample(`thousands: ","`)},
	{"feeds.*.layout.currency_sign", "signs that may stand beside a number", "[]", layoutExample(`currency_sign: "$"`)},
	{"feeds.*.layout.currency_by_sign", "the currency of a row, by the sign beside its amount", "{}", "feeds:\n  bank_lines:\n    layout:\n      currency_by_sign: {\"$\": USD, \"€\": EUR}\n      columns: {booked_at: Date, amount: Amount}\n      constants: {account: a}\n      id: content"},
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
	{"feeds.*.layout.sql", "what no other key can say: one SELECT over file(line, …), all text, that gives line, each at most once, and the feed's columns; lines that it doesn't give are left out. No clock, no chance, no other table; it runs in a process of its own", "", "feeds:\n  bank_lines:\n    layout:\n      files: [\"wallet-*.csv\"]\n      constants: {account: wallet, currency: EUR}\n      sql: >-\n        select line, id as line_id, day || 'T00:00:00Z' as booked_at,\n        case when way = 'out' then '-' else '' end || amount as amount\n        from file where state <> 'void'"},
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
	{"mail.user", "of the server; a reference too: ${NAME} or FILE:path", "", "mail: {server: \"smtp.example.com:587\", from: books@example.com, user: books}"},
	{"mail.password", "of the server, as a reference: ${NAME} or FILE:path", "CARAT_SMTP_PASSWORD", "mail: {server: \"smtp.example.com:587\", from: books@example.com, user: books, password: \"FILE:/run/secrets/smtp\"}"},
	{"mail.shared_addresses", "letters may go to an address that several creators have, such as their agency's", "false", "mail: {server: \"smtp.example.com:587\", from: books@example.com, shared_addresses: true}"},
	{"mail.per_minute", "how many mails a minute; 0: no bound", "60", "mail: {server: \"smtp.example.com:587\", from: books@example.com, per_minute: 30}"},
	{"mail.subject", "with {{.Month}} and other names", "", "mail: {server: \"smtp.example.com:587\", from: books@example.com, subject: \"Your statement of {{.Month}}\"}"},
	{"mail.body", "a file with the text, beside carat.yaml", "", "mail: {server: \"smtp.example.com:587\", from: books@example.com, body: letter.txt}"},
	{"notifications", "webhooks that are told of failed jobs, late feeds and sources, blocked and finished months", "{}", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL}"},
	{"notifications.*.url", "the receiver's address; ${NAME} stands for a variable of the environment", "", "notifications:\n  ops: {url: \"https://hooks.example.com/${HOOK}\"}"},
	{"notifications.*.url_env", "the variable of the environment that holds the address", "", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL}"},
	{"notifications.*.url_file", "the file that holds the address", "", "notifications:\n  ops: {url_file: /run/secrets/hook}"},
	{"notifications.*.token", "sent as Authorization: Bearer; ${NAME} or FILE:path", "", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, token: \"${CARAT_TOKEN}\"}"},
	{"notifications.*.token_env", "the variable of the environment that holds the token", "", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, token_env: CARAT_TOKEN}"},
	{"notifications.*.token_file", "the file that holds the token", "", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, token_file: /run/secrets/token}"},
	{"notifications.*.signing_key", "of the HMAC-SHA256 over time and body, in X-Carat-Signature; ${NAME} or FILE:path", "", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, signing_key: \"${CARAT_SIGNING_KEY}\"}"},
	{"notifications.*.signing_key_env", "the variable of the environment that holds the signing key", "", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, signing_key_env: CARAT_SIGNING_KEY}"},
	{"notifications.*.signing_key_file", "the file that holds the signing key", "", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, signing_key_file: /run/secrets/signing_key}"},
	{"notifications.*.allow", "private networks that the receiver may lie in; one on this machine needs none", "[]", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, allow: [10.1.0.0/16]}"},
	{"notifications.*.on", "the kinds of notices: job_failed, feed_late, source_late, source_shape, file_left_alone, control_blocked, period_ready, auth_recovered", "all", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, on: [job_failed, control_blocked]}"},
	{"notifications.*.every", "the same thing is told at most this often", "1h", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, every: 6h}"},
	{"notifications.*.timeout", "of one call, at most a minute", "10s", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, timeout: 20s}"},
	{"notifications.*.retries", "how often a receiver that is away is called again", "8", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, retries: 3}"},
	{"notifications.*.template", "a file beside carat.yaml that makes the body, by Go's text/template", "JSON", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, template: notice.tmpl}"},
	{"notifications.*.content_type", "of what the template gives: application/json, text/plain; charset=utf-8 or application/x-www-form-urlencoded", "application/json", "notifications:\n  ops: {url_env: CARAT_WEBHOOK_URL, template: notice.tmpl, content_type: \"text/plain; charset=utf-8\"}"},
	{"sources", "where carat fetch takes files from, each into inbox/NAME", "{}", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\"}"},
	{"sources.*.kind", "http, sftp, bucket, database, app_store or stripe", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\"}"},
	{"sources.*.feeds", "the feeds that its files may be of; with several, the content of each file decides among them", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\"}"},
	{"sources.*.match", "patterns of the remote names that are taken; none: all", "[]", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out\n    match: [\"*.sta\"]"},
	{"sources.*.sidecars", "brings files of control totals, *.totals.json, too", "false", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out\n    sidecars: true"},
	{"sources.*.allow", "private networks that it may lie in; those of a link and a cloud's metadata never", "[]", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out\n    allow: [10.1.0.0/16]"},
	{"sources.*.ca_file", "certificates that may vouch for the other side, beside those that the machine trusts", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", ca_file: ca.pem}"},
	{"sources.*.max_bytes", "the largest file that is taken", "4294967296", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", max_bytes: 100000000}"},
	{"sources.*.max_files", "how many files one run takes; the next goes on", "1000", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out\n    max_files: 100"},
	{"sources.*.per_minute", "how many requests a minute; 0: no bound", "0", "sources:\n  apple:\n    kind: app_store\n    feeds: [settlement_lines]\n    issuer: 57246542-96fe-1a63-e053-0824d011072a\n    key_id: 2X9R4HXF34\n    key_file: secrets/AuthKey_2X9R4HXF34.p8\n    vendor: \"80012345\"\n    since: 2026-10-01\n    per_minute: 30"},
	{"sources.*.retries", "how often a failure that may be over later is tried again in one run, after 1, 2, 4 … seconds", "4", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", retries: 2}"},
	{"sources.*.timeout", "after which a run of this source is stopped; the next goes on", "30m", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", timeout: 5m}"},
	{"sources.*.late_after", "it is late when nothing new came for so long; 0: never", "0", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", late_after: 4d}"},
	{"sources.*.since", "the first day that is asked for, of database, app_store and stripe", "", "sources:\n  orders:\n    kind: database\n    feeds: [coin_purchases]\n    dsn_file: secrets/orders-dsn\n    since: 2026-10-01\n    query: select * from orders where paid_at >= :from and paid_at < :to order by id"},
	{"sources.*.window", "of database and stripe, what one file holds: day or month", "day", "sources:\n  orders:\n    kind: database\n    feeds: [coin_purchases]\n    dsn_file: secrets/orders-dsn\n    since: 2026-10-01\n    query: select * from orders where paid_at >= :from and paid_at < :to order by id\n    window: month"},
	{"sources.*.overlap", "what ended less than this ago is asked for again once a day, since late rows and corrections come", "3d; of app_store 40d", "sources:\n  orders:\n    kind: database\n    feeds: [coin_purchases]\n    dsn_file: secrets/orders-dsn\n    since: 2026-10-01\n    query: select * from orders where paid_at >= :from and paid_at < :to order by id\n    overlap: 7d"},
	{"sources.*.url", "http: the address, https alone; ${NAME} stands for a variable of the environment", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\"}"},
	{"sources.*.url_env", "the variable of the environment that holds the address", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url_env: RATES_URL}"},
	{"sources.*.url_file", "the file that holds the address", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url_file: secrets/rates-url}"},
	{"sources.*.file", "http: the file's name; empty: the last part of the address", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", file: rates.zip}"},
	{"sources.*.user", "http and sftp: who is let in", "", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out"},
	{"sources.*.token", "http: sent as Authorization: Bearer; as ${NAME} or FILE:path", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", token: \"${NAME}\"}"},
	{"sources.*.token_env", "the variable of the environment that holds token", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", token_env: NAME}"},
	{"sources.*.token_file", "the file that holds token", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", token_file: secrets/token}"},
	{"sources.*.password", "http and sftp: of user; as ${NAME} or FILE:path", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", user: carat, password: \"${NAME}\"}"},
	{"sources.*.password_env", "the variable of the environment that holds password", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", user: carat, password_env: NAME}"},
	{"sources.*.password_file", "the file that holds password", "", "sources:\n  rates: {kind: http, feeds: [fx_rates], url: \"https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\", user: carat, password_file: secrets/password}"},
	{"sources.*.key", "sftp: the private key in OpenSSH's form; app_store: what the .p8 file holds; stripe: a restricted key; as ${NAME} or FILE:path", "", "sources:\n  stripe:\n    kind: stripe\n    feeds: [settlement_lines]\n    report: balance_change_from_activity.itemized.3\n    key: \"${NAME}\"\n    since: 2026-10-01"},
	{"sources.*.key_env", "the variable of the environment that holds key", "", "sources:\n  stripe:\n    kind: stripe\n    feeds: [settlement_lines]\n    report: balance_change_from_activity.itemized.3\n    key_env: NAME\n    since: 2026-10-01"},
	{"sources.*.key_file", "the file that holds key", "", "sources:\n  stripe:\n    kind: stripe\n    feeds: [settlement_lines]\n    report: balance_change_from_activity.itemized.3\n    key_file: secrets/key\n    since: 2026-10-01"},
	{"sources.*.passphrase", "sftp: of key; as ${NAME} or FILE:path", "", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out\n    passphrase: \"${NAME}\""},
	{"sources.*.passphrase_env", "the variable of the environment that holds passphrase", "", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out\n    passphrase_env: NAME"},
	{"sources.*.passphrase_file", "the file that holds passphrase", "", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out\n    passphrase_file: secrets/passphrase"},
	{"sources.*.address", "sftp: host and port", "", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out"},
	{"sources.*.host_key", "sftp: what the server is known by, SHA256:… or ssh-ed25519 AAAA…, one or several", "", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out"},
	{"sources.*.path", "sftp: the folder", "where the account begins", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out"},
	{"sources.*.settle", "sftp: how long a file must not have changed before it is taken", "1m", "sources:\n  bank:\n    kind: sftp\n    feeds: [bank_lines]\n    address: \"sftp.bank.example:22\"\n    user: carat\n    host_key: [\"SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og\"]\n    key_file: secrets/bank\n    path: /out\n    settle: 10m"},
	{"sources.*.endpoint", "bucket: the store, where it isn't Amazon's or Azure's own; app_store and stripe: for tests", "", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_env: PLAY_ACCESS_KEY\n    secret_key_env: PLAY_SECRET_KEY"},
	{"sources.*.region", "bucket: Amazon's region; app_store: of finance reports, Z1 for all in detail", "us-east-1; Z1", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_env: PLAY_ACCESS_KEY\n    secret_key_env: PLAY_SECRET_KEY\n    region: eu-central-1"},
	{"sources.*.bucket", "bucket: its name; of Azure the container's", "", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_env: PLAY_ACCESS_KEY\n    secret_key_env: PLAY_SECRET_KEY"},
	{"sources.*.prefix", "bucket: with which the names of objects begin", "", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_env: PLAY_ACCESS_KEY\n    secret_key_env: PLAY_SECRET_KEY"},
	{"sources.*.versions", "bucket: takes every version that it keeps, not only the newest; not of Google's", "false", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_env: PLAY_ACCESS_KEY\n    secret_key_env: PLAY_SECRET_KEY\n    versions: true"},
	{"sources.*.access_key", "bucket of S3: of the account (of Google's an HMAC key); as ${NAME} or FILE:path", "", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key: \"${NAME}\"\n    secret_key_env: PLAY_SECRET_KEY"},
	{"sources.*.access_key_env", "the variable of the environment that holds access_key", "", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_env: NAME\n    secret_key_env: PLAY_SECRET_KEY"},
	{"sources.*.access_key_file", "the file that holds access_key", "", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_file: secrets/access_key\n    secret_key_env: PLAY_SECRET_KEY"},
	{"sources.*.secret_key", "bucket of S3: of the account; as ${NAME} or FILE:path", "", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_env: PLAY_ACCESS_KEY\n    secret_key: \"${NAME}\""},
	{"sources.*.secret_key_env", "the variable of the environment that holds secret_key", "", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_env: PLAY_ACCESS_KEY\n    secret_key_env: NAME"},
	{"sources.*.secret_key_file", "the file that holds secret_key", "", "sources:\n  play:\n    kind: bucket\n    feeds: [settlement_lines]\n    endpoint: \"https://storage.googleapis.com\"\n    bucket: pubsite_prod_rev_0123\n    prefix: earnings/\n    access_key_env: PLAY_ACCESS_KEY\n    secret_key_file: secrets/secret_key"},
	{"sources.*.account", "bucket of Azure Blob Storage: the storage account; with it `bucket` is the container", "", "sources:\n  unload:\n    kind: bucket\n    feeds: [coin_purchases]\n    account: exportsaccount\n    bucket: exports\n    prefix: orders/\n    account_key_file: secrets/azure"},
	{"sources.*.account_key", "bucket of Azure: a key of the account; as ${NAME} or FILE:path", "", "sources:\n  unload:\n    kind: bucket\n    feeds: [coin_purchases]\n    account: exportsaccount\n    bucket: exports\n    prefix: orders/\n    account_key: \"${NAME}\""},
	{"sources.*.account_key_env", "the variable of the environment that holds account_key", "", "sources:\n  unload:\n    kind: bucket\n    feeds: [coin_purchases]\n    account: exportsaccount\n    bucket: exports\n    prefix: orders/\n    account_key_env: NAME"},
	{"sources.*.account_key_file", "the file that holds account_key", "", "sources:\n  unload:\n    kind: bucket\n    feeds: [coin_purchases]\n    account: exportsaccount\n    bucket: exports\n    prefix: orders/\n    account_key_file: secrets/account_key"},
	{"sources.*.sas", "bucket of Azure: a shared access signature in account_key's place, of the container, that may read and list (sp=rl); as ${NAME} or FILE:path", "", "sources:\n  unload:\n    kind: bucket\n    feeds: [coin_purchases]\n    account: exportsaccount\n    bucket: exports\n    prefix: orders/\n    sas: \"${NAME}\""},
	{"sources.*.sas_env", "the variable of the environment that holds sas", "", "sources:\n  unload:\n    kind: bucket\n    feeds: [coin_purchases]\n    account: exportsaccount\n    bucket: exports\n    prefix: orders/\n    sas_env: NAME"},
	{"sources.*.sas_file", "the file that holds sas", "", "sources:\n  unload:\n    kind: bucket\n    feeds: [coin_purchases]\n    account: exportsaccount\n    bucket: exports\n    prefix: orders/\n    sas_file: secrets/sas"},
	{"sources.*.dsn", "database: postgres://…, mysql://…/SHOP?tls=true or trino://…/CATALOG/SCHEMA, with TLS; as ${NAME} or FILE:path", "", "sources:\n  orders:\n    kind: database\n    feeds: [coin_purchases]\n    dsn: \"${NAME}\"\n    since: 2026-10-01\n    query: select * from orders where paid_at >= :from and paid_at < :to order by id"},
	{"sources.*.dsn_env", "the variable of the environment that holds dsn", "", "sources:\n  orders:\n    kind: database\n    feeds: [coin_purchases]\n    dsn_env: NAME\n    since: 2026-10-01\n    query: select * from orders where paid_at >= :from and paid_at < :to order by id"},
	{"sources.*.dsn_file", "the file that holds dsn", "", "sources:\n  orders:\n    kind: database\n    feeds: [coin_purchases]\n    dsn_file: secrets/orders-dsn\n    since: 2026-10-01\n    query: select * from orders where paid_at >= :from and paid_at < :to order by id"},
	{"sources.*.query", "database: one statement with :from and :to, in a transaction that can only read; order by makes files the same each time", "", "sources:\n  orders:\n    kind: database\n    feeds: [coin_purchases]\n    dsn_file: secrets/orders-dsn\n    since: 2026-10-01\n    query: select * from orders where paid_at >= :from and paid_at < :to order by id"},
	{"sources.*.issuer", "app_store: of the key, as App Store Connect shows it", "", "sources:\n  apple:\n    kind: app_store\n    feeds: [settlement_lines]\n    issuer: 57246542-96fe-1a63-e053-0824d011072a\n    key_id: 2X9R4HXF34\n    key_file: secrets/AuthKey_2X9R4HXF34.p8\n    vendor: \"80012345\"\n    since: 2026-10-01"},
	{"sources.*.key_id", "app_store: of the key", "", "sources:\n  apple:\n    kind: app_store\n    feeds: [settlement_lines]\n    issuer: 57246542-96fe-1a63-e053-0824d011072a\n    key_id: 2X9R4HXF34\n    key_file: secrets/AuthKey_2X9R4HXF34.p8\n    vendor: \"80012345\"\n    since: 2026-10-01"},
	{"sources.*.vendor", "app_store: your number", "", "sources:\n  apple:\n    kind: app_store\n    feeds: [settlement_lines]\n    issuer: 57246542-96fe-1a63-e053-0824d011072a\n    key_id: 2X9R4HXF34\n    key_file: secrets/AuthKey_2X9R4HXF34.p8\n    vendor: \"80012345\"\n    since: 2026-10-01"},
	{"sources.*.reports", "app_store: sales, finance", "[sales, finance]", "sources:\n  apple:\n    kind: app_store\n    feeds: [settlement_lines]\n    issuer: 57246542-96fe-1a63-e053-0824d011072a\n    key_id: 2X9R4HXF34\n    key_file: secrets/AuthKey_2X9R4HXF34.p8\n    vendor: \"80012345\"\n    since: 2026-10-01\n    reports: [finance]"},
	{"sources.*.report", "stripe: the type of report", "", "sources:\n  stripe:\n    kind: stripe\n    feeds: [settlement_lines]\n    report: balance_change_from_activity.itemized.3\n    key_env: STRIPE_KEY\n    since: 2026-10-01"},
	{"sources.*.columns", "stripe: the report's columns; none: those that it has by itself", "[]", "sources:\n  stripe:\n    kind: stripe\n    feeds: [settlement_lines]\n    report: balance_change_from_activity.itemized.3\n    key_env: STRIPE_KEY\n    since: 2026-10-01\n    columns: [balance_transaction_id, created, gross, fee, net, currency]"},
	{"engine", "what builds the models of a run, see cluster.md; the numbers are the same", "{kind: duckdb}", "catalog: postgres://carat@db/carat\nengine: {kind: trino, url: \"https://carat@trino.example:8443\", catalog: lake, scratch: scratch}"},
	{"engine.kind", "duckdb: this machine; trino: a cluster, of a lake whose catalog is in PostgreSQL", "duckdb", "catalog: postgres://carat@db/carat\nengine: {kind: trino, url: \"https://carat@trino.example:8443\", catalog: lake, scratch: scratch}"},
	{"engine.url", "trino: the coordinator's address, with the user", "", "catalog: postgres://carat@db/carat\nengine: {kind: trino, url: \"https://carat@trino.example:8443\", catalog: lake, scratch: scratch}"},
	{"engine.password", "trino: of that user; as ${NAME} or FILE:path", "", "catalog: postgres://carat@db/carat\nengine: {kind: trino, url: \"https://carat@trino.example:8443\", catalog: lake, scratch: scratch, password: \"${TRINO_PASSWORD}\"}"},
	{"engine.token", "trino: an access token in the password's place; as ${NAME} or FILE:path", "", "catalog: postgres://carat@db/carat\nengine: {kind: trino, url: \"https://carat@trino.example:8443\", catalog: lake, scratch: scratch, token: \"FILE:secrets/trino-token\"}"},
	{"engine.catalog", "trino: the cluster's catalog that shows the lake", "", "catalog: postgres://carat@db/carat\nengine: {kind: trino, url: \"https://carat@trino.example:8443\", catalog: lake, scratch: scratch}"},
	{"engine.scratch", "trino: the cluster's catalog in which a run makes a schema of its own, and drops it", "", "catalog: postgres://carat@db/carat\nengine: {kind: trino, url: \"https://carat@trino.example:8443\", catalog: lake, scratch: scratch}"},
	{"backup", "where carat backup puts copies", "{}", "backup: {to: /mnt/copies, keep: 30}"},
	{"backup.to", "a folder outside the lake", "", "backup: {to: /mnt/copies, keep: 30}"},
	{"backup.keep", "how many copies are kept; 0: all", "0", "backup: {to: /mnt/copies, keep: 30}"},
	{"timestamp", "an authority whose RFC 3161 time stamps prove that certificates and the end of the chain were there, see auditors.md", "{}", "timestamp: {url: \"https://tsa.example.com/tsr\", certificates: tsa-root.pem}"},
	{"timestamp.url", "its address, https alone, or http of a private network under allow; \"\": none is asked", "", "timestamp: {url: \"https://tsa.example.com/tsr\", certificates: tsa-root.pem}"},
	{"timestamp.certificates", "a file of root certificates (PEM) that stamps must chain to, now and whenever carat verify reads them", "", "timestamp: {url: \"https://tsa.example.com/tsr\", certificates: tsa-root.pem}"},
	{"timestamp.policy", "the policy that is asked for and wanted; \"\": the authority's own, and any", "", "timestamp: {url: \"https://tsa.example.com/tsr\", certificates: tsa-root.pem, policy: \"1.2.3.4.1\"}"},
	{"timestamp.allow", "private networks that it may lie in; those of a link and a cloud's metadata never", "[]", "timestamp: {url: \"https://tsa.example.com/tsr\", certificates: tsa-root.pem, allow: [10.1.0.0/16]}"},
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

// Of finds what the reference says of a key: of itself, else of the nearest
// above it that has an example.
func Of(path []string) Key {
	for n := len(path); n > 0; n-- {
		for _, k := range keys {
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
