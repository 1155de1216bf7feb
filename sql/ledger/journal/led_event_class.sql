-- One row is one class of events that the journal books, with its words.
-- grain: event_class
select event_class, memo
from (
    values
        ('purchase_store', 'Coins sold in app stores'),
        ('purchase_web', 'Coins sold on the web'),
        ('purchase_reseller', 'Coins sold through resellers'),
        ('refund', 'Money given back, less chargebacks undone'),
        ('refund_unspent', 'Unspent coins that refunds took back'),
        ('refund_debt_paid', 'Coins that paid for an earlier refund'),
        ('gift', 'Coins consumed by gifts'),
        ('gift_restored', 'Coins given back by reversals'),
        ('breakage', 'Coins expired or forfeited'),
        ('accrual', 'Creators'' share of gifts'),
        ('gift_reversed', 'Creators'' share of reversed gifts'),
        ('promotion', 'Creators'' share of gifts paid with promotional coins'),
        ('agency', 'Agencies'' share'),
        ('agency_clawback', 'Agencies'' share of diamonds taken back'),
        ('agency_adjustment', 'Agencies'' bonuses, penalties and corrections'),
        ('agency_negative_balance', 'Agencies who owe'),
        ('clawback', 'Diamonds taken back'),
        ('adjustment', 'Bonuses, splits, penalties and corrections'),
        ('rate_change', 'Open diamonds at a new rate'),
        ('payout_requested', 'Payouts approved'),
        ('payout_paid', 'Payouts paid'),
        ('payout_failed', 'Payouts failed or returned'),
        ('debt_gain', 'Creators'' debts at a new rate: no gain before it is recovered'),
        ('debt_allowance', 'Allowance on creators'' debts'),
        ('negative_balance', 'Creators who owe'),
        ('settlement', 'Stores and providers settled'),
        ('tax_paid', 'Tax paid to authorities'),
        ('withholding_returned', 'Tax to be claimed back: remitted for payouts that came back'),
        ('counterparty_credit', 'Stores and providers that we owe'),
        ('bank', 'Lines of the bank'),
        ('payment_fee', 'Fees of payments to creators'),
        ('fx', 'Balances at the month''s last rate')
) as classes (event_class, memo)
