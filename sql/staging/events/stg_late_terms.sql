-- One row is a rate, price or term that came after a month of which it speaks was closed.
-- grain: feed, item_key, valid_from, batch_id, source_line
-- each: reference feed
-- All versions of all reference feeds. What the ledger is made of (conversion rates, creators' terms, exchange rates) counts
-- from known_from on and changes nothing before; what rows are only judged by (prices, packages, payout rules, resellers)
-- judges late rows too. A row that counts on one day, as an exchange rate does, is no month's before the first period.
select
    {feed} as feed,
    {key} as item_key,
    {owner} as owner_id,
    {since} as valid_from,
    run_batches.known_from,
    {currency} as currency,
    terms.batch_id,
    terms.source_line
from {table} as terms
cross join run
inner join run_batches
    on run_batches.batch_id = terms.batch_id
    and run_batches.known_from > {since}
where {since} >= run.first_start or not {of_one_day}
