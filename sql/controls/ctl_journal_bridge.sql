-- One row is an account of profit and loss that the journal tells otherwise than the revenue bridge or the explained exchange differences.
-- grain: entity, subject_id
-- control: journal_bridge
-- severity: block
-- unit: currency
-- reasons: bridge
-- guards: two reports of one month with two results; one item told at two exchange rates
-- question: Does each account of profit and loss hold what the revenue bridge says of it, and exchange differences what rates did to each balance?
-- causes: an account of carat.yaml given to two roles that don't belong together; a fault in carat's own models
-- action: compare the account's journal lines with the bridge's lines of the same name (of exchange differences: with fx_explained); keep the run's id and report it
-- checked: from led_bridge_beside where is_compared and bridge_amount is not null and journal_amount is not null
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'journal_bridge'
-- not_compared_reason: an exchange rate is missing, an account of carat.yaml holds a role that the bridge does not know, nobody knows what an account in a foreign currency opened with, or nothing was earned in the month
-- Per entity and account, in the entity's own currency: the terms that led_bridge_account names for the account's roles, signed, are
-- what the journal booked, also where revenue is shown net; of exchange differences, what the month's rates made of the opening, the
-- new and the settled of every foreign balance. Both convert at the day of the event. Amounts are converted in groups of
-- unlike size and kept to nine and to six decimals, so what differs by less than a tenth of the smallest unit of money is the same.
select
    led_bridge_beside.entity,
    'account' as subject_kind,
    led_bridge_beside.account as subject_id,
    led_bridge_beside.bridge_amount as expected,
    led_bridge_beside.journal_amount as actual,
    cast(led_bridge_beside.journal_amount - led_bridge_beside.bridge_amount as decimal(38, 9)) as difference,
    led_bridge_beside.functional_currency as unit,
    'bridge' as reason,
    'The journal moves this account by ' || plain(led_bridge_beside.journal_amount) || ' ' || led_bridge_beside.functional_currency
        || ' (a debit is positive); what stands for it, line by line, comes to ' || plain(led_bridge_beside.bridge_amount) || ' '
        || led_bridge_beside.functional_currency || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from led_bridge_beside
left join run_currencies
    on run_currencies.currency = led_bridge_beside.functional_currency
where led_bridge_beside.is_compared
    and 10 * abs(led_bridge_beside.journal_amount - led_bridge_beside.bridge_amount)
    >= minor_unit(coalesce(run_currencies.minor_digits, 2))
order by led_bridge_beside.entity, led_bridge_beside.account
