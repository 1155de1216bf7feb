-- One row is one monetary account in a foreign currency that moved in the month and is not told at the closing rate.
-- grain: entity, account, currency
-- materialized: view
-- Nobody knows what it opened with: it was closed without a balance of it, or
-- the account holds roles that are not money too. So its exchange difference is not in account 7020, and journal_bridge says so.
select
    led_posting.entity,
    led_account.account,
    led_posting.currency
from led_posting
inner join led_account
    on led_account.entity = led_posting.entity
    and led_account.role = led_posting.role
left join led_foreign_balance
    on led_foreign_balance.entity = led_posting.entity
    and led_foreign_balance.role = led_posting.role
    and led_foreign_balance.currency = led_posting.currency
left join led_monetary_balance
    on led_monetary_balance.entity = led_posting.entity
    and led_monetary_balance.account = led_account.account
    and led_monetary_balance.currency = led_posting.currency
where led_posting.currency <> led_posting.functional_currency
    and led_account.kind in ('asset', 'liability')
    and led_posting.role not in ('contract_liability', 'deferred_store_fee', 'suspense', 'other_bank')
    and led_posting.amount <> 0
    and led_foreign_balance.entity is null
    and led_monetary_balance.entity is null
group by led_posting.entity, led_account.account, led_posting.currency
