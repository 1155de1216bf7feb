-- One row is the account to which one role of the journal is posted in one entity.
-- grain: entity, role
-- The chart of accounts: `accounts` in carat.yaml gives a role another account. Where an entity shows revenue net, what it
-- passes on (creators', agencies' and stores' shares) is taken off gift revenue instead of standing in cost. kind is asset,
-- liability, income or cost; account_rank is the order in which an entry lists them.
with roles as (
    select role, kind, account_rank, account
    from (
        values
            ('cash', 'asset', 10, '1000 Cash'),
            ('store_receivable', 'asset', 20, '1100 App store receivable'),
            ('provider_receivable', 'asset', 30, '1110 Payment provider receivable'),
            ('reseller_receivable', 'asset', 40, '1120 Reseller receivable'),
            ('creator_receivable', 'asset', 50, '1130 Creator receivable'),
            ('deferred_store_fee', 'asset', 60, '1200 Deferred store fee'),
            ('contract_liability', 'liability', 70, '2000 Coin contract liability'),
            ('tax_payable', 'liability', 80, '2100 Sales tax payable'),
            ('creator_payable', 'liability', 90, '2200 Creator payable'),
            ('payouts_in_transit', 'liability', 100, '2210 Payouts in transit'),
            ('agency_payable', 'liability', 110, '2220 Agency payable'),
            ('withholding_payable', 'liability', 120, '2230 Withholding tax payable'),
            ('gift_revenue', 'income', 130, '4000 Gift revenue'),
            ('breakage_revenue', 'income', 140, '4010 Breakage revenue'),
            ('refunds', 'income', 150, '4100 Refunds (contra-revenue)'),
            ('payout_fees', 'income', 160, '4200 Payout fees recovered'),
            ('store_fee_cost', 'cost', 170, '5000 Store fees'),
            ('creator_share', 'cost', 180, '5100 Creator share'),
            ('creator_adjustments', 'cost', 190, '5110 Creator bonuses and corrections'),
            ('agency_share', 'cost', 200, '5200 Agency share'),
            ('marketing', 'cost', 210, '5300 Marketing: gifts paid with promotional coins'),
            ('uncollectible', 'cost', 220, '5400 Uncollectible coin debt'),
            ('rounding', 'cost', 230, '7000 Rounding'),
            ('tolerated', 'cost', 240, '7010 Tolerated differences'),
            ('fx_difference', 'cost', 250, '7020 Exchange differences'),
            ('suspense', 'asset', 260, '9000 Suspense: to be explained')
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
)

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
