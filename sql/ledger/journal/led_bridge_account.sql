-- One row is one term of the revenue bridge and the account of profit and loss on which the journal tells it.
-- grain: role, line, coins
-- sign is how the term stands on the account, a debit positive. coins says of which coins: shares of coins that nobody paid for
-- are marketing ('promotion'), all others their own ('paid'); 'any' where that makes no difference. Where an entity shows revenue
-- net, led_account puts the roles of store fees and shares on gift revenue, and their terms follow. Accounts that no term names
-- (payout fees, tolerated differences, rounding) are not the bridge's; exchange differences are told by led_fx_explained.
select role, line, coins, cast(sign as bigint) as sign
from (
    values
        ('gift_revenue', 'consumed', 'any', -1),
        ('gift_revenue', 'restored', 'any', 1),
        ('breakage_revenue', 'breakage', 'any', -1),
        ('breakage_revenue', 'breakage_ahead', 'any', -1),
        ('refunds', 'contra_revenue', 'any', 1),
        ('refunds', 'refund_reserve', 'any', 1),
        ('store_fee_cost', 'store_fee', 'any', 1),
        ('store_fee_cost', 'contra_store_fee', 'any', -1),
        ('store_fee_cost', 'breakage_store_fee', 'any', 1),
        ('store_fee_cost', 'settled_store_fee', 'any', 1),
        ('provider_fees', 'provider_fees', 'any', 1),
        ('dispute_fees', 'dispute_fees', 'any', 1),
        ('settlement_adjustments', 'settlement_adjustments', 'any', 1),
        ('payment_fees', 'payment_fees', 'any', 1),
        ('creator_share', 'creator_share', 'paid', 1),
        ('creator_share', 'clawbacks', 'any', -1),
        ('creator_share', 'revaluation', 'any', 1),
        ('creator_share', 'deferred_debt_gain', 'any', 1),
        ('debt_allowance', 'debt_allowance', 'any', 1),
        ('creator_adjustments', 'adjustments', 'any', 1),
        ('agency_share', 'agency_share', 'paid', 1),
        ('agency_share', 'agency_clawbacks', 'any', -1),
        ('agency_share', 'agency_adjustments', 'any', 1),
        ('marketing', 'marketing', 'promotion', 1)
) as terms (role, line, coins, sign)
