-- One row is the account to which one role of the journal is posted in one entity.
-- grain: entity, role
-- Accounts that bank_rules name and the chart doesn't have stand behind it, under the role ledger ACCOUNT; what they are their first digit says.
-- The chart of accounts: `accounts` in carat.yaml gives a role another account. Where an entity shows revenue net, what it
-- passes on (creators', agencies' and stores' shares) is taken off gift revenue instead of standing in cost. kind is asset,
-- liability, equity, income or cost; nothing is posted to retained earnings, with which a year opens; account_rank is the order in which an entry lists them.
with roles as (
    select role, kind, account_rank, account
    from (
        values
            ('cash', 'asset', 10, '1000 Cash'),
            ('clearing', 'asset', 20, '1050 Clearing: between books and bank'),
            ('store_receivable', 'asset', 30, '1100 App store receivable'),
            ('provider_receivable', 'asset', 40, '1110 Payment provider receivable'),
            ('reseller_receivable', 'asset', 50, '1120 Reseller receivable'),
            ('creator_receivable', 'asset', 60, '1130 Creator receivable'),
            ('creator_debt_allowance', 'asset', 70, '1138 Allowance for creator debt'),
            ('deferred_debt_gain', 'liability', 80, '1139 Deferred debt gain'),
            ('reserves', 'asset', 90, '1140 Reserves held by providers'),
            ('agency_receivable', 'asset', 100, '1150 Agency receivable'),
            ('withholding_receivable', 'asset', 110, '1160 Withholding tax receivable'),
            ('deferred_store_fee', 'asset', 120, '1200 Deferred store fee'),
            ('contract_liability', 'liability', 130, '2000 Coin contract liability'),
            ('tax_payable', 'liability', 140, '2100 Sales tax payable'),
            ('refund_liability', 'liability', 150, '2110 Refund liability'),
            ('creator_payable', 'liability', 160, '2200 Creator payable'),
            ('payouts_in_transit', 'liability', 170, '2210 Payouts in transit'),
            ('agency_payable', 'liability', 180, '2220 Agency payable'),
            ('withholding_payable', 'liability', 190, '2230 Withholding tax payable'),
            ('counterparty_payable', 'liability', 200, '2240 Payable to stores and providers'),
            ('retained_earnings', 'equity', 205, '3000 Retained earnings'),
            ('gift_revenue', 'income', 210, '4000 Gift revenue'),
            ('breakage_revenue', 'income', 220, '4010 Breakage revenue'),
            ('refunds', 'income', 230, '4100 Refunds (contra-revenue)'),
            ('payout_fees', 'income', 240, '4200 Payout fees recovered'),
            ('store_fee_cost', 'cost', 250, '5000 Store fees'),
            ('provider_fees', 'cost', 260, '5010 Provider fees'),
            ('dispute_fees', 'cost', 270, '5020 Dispute fees'),
            ('settlement_adjustments', 'cost', 280, '5030 Settlement adjustments: to be reviewed'),
            ('payment_fees', 'cost', 290, '5040 Payment fees'),
            ('creator_share', 'cost', 300, '5100 Creator share'),
            ('creator_adjustments', 'cost', 310, '5110 Creator bonuses and corrections'),
            ('agency_share', 'cost', 320, '5200 Agency share'),
            ('marketing', 'cost', 330, '5300 Marketing: gifts paid with promotional coins'),
            ('uncollectible', 'cost', 340, '5400 Uncollectible coin debt'),
            ('debt_allowance', 'cost', 350, '5410 Allowance on creator debt'),
            ('rounding', 'cost', 360, '7000 Rounding'),
            ('tolerated', 'cost', 370, '7010 Tolerated differences'),
            ('fx_difference', 'cost', 380, '7020 Exchange differences'),
            ('suspense', 'asset', 390, '9000 Suspense: to be explained'),
            ('other_bank', 'asset', 400, '9010 Other bank movements')
    ) as chart (role, kind, account_rank, account)
),

entities as (
    select entity
    from run_entities
    union
    select entity
    from led_entity
    union
    select entity
    from led_creator_subject
    union
    select entity
    from stg_coin_purchases
    union
    select entity
    from stg_settlement_lines
    union
    select entity
    from stg_bank_lines
    union
    select entity
    from stg_provider_payments
    union
    select entity
    from stg_tax_payments
    union
    select entity
    from led_agency_opening
    union
    select entity
    from led_agency_movement
),

posted as (
    select
        entities.entity,
        roles.role,
        case
            when run_entities.revenue = 'net' and roles.role in ('store_fee_cost', 'creator_share', 'agency_share')
                then 'gift_revenue'
            else roles.role
        end as posted_role
    from entities
    cross join roles
    left join run_entities
        on run_entities.entity = entities.entity
),

chart as (
    select
        posted.entity,
        posted.role,
        roles.kind,
        cast(roles.account_rank as bigint) as account_rank,
        coalesce(run_accounts.account, roles.account) as account
    from posted
    inner join roles
        on roles.role = posted.posted_role
    left join run_accounts
        on run_accounts.role = posted.posted_role
)

select entity, role, kind, account_rank, account
from chart
union all
select
    entities.entity,
    'ledger ' || rules.ledger_account as role,
    case substr(rules.ledger_account, 1, 1) when '1' then 'asset' when '2' then 'liability' when '3' then 'liability' when '4' then 'income' else 'cost' end as kind,
    cast(500 as bigint) as account_rank,
    rules.ledger_account as account
from entities
cross join (
    select distinct ledger_account
    from stg_bank_rules
) as rules
left join (
    select distinct account
    from chart
) as charted
    on charted.account = rules.ledger_account
where charted.account is null and rules.ledger_account not in ('payment_fees', 'other_bank')
