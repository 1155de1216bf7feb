-- What DuckDB and Trino spell differently. trino.sql makes the same macros for Trino: a test holds names and parameters against each other.
-- Every macro is exact: DECIMAL and integers in, DECIMAL and integers out.

-- Whole units of a decimal quantity, by the rounding that the rate row names.
create or replace macro round_half_even(x) as
    cast(floor(x) as bigint)
    + case
        when x - floor(x) > 0.5 then 1
        when x - floor(x) = 0.5 and mod(cast(floor(x) as bigint), 2) <> 0 then 1
        else 0
    end;

create or replace macro round_whole(x, rounding) as
    case rounding
        when 'floor' then cast(floor(x) as bigint)
        when 'half_up' then cast(round(x) as bigint)
        when 'half_even' then round_half_even(x)
    end;

-- An amount in whole minor units of its currency: 0, 2, 3 or 4 digits (ISO 4217). Each branch of a case has one type: of
-- decimal(38, 2) and decimal(38, 3) the engine would take the first, and round.
create or replace macro floor_minor(x, digits) as
    cast(case digits
        when 0 then cast(floor(cast(x as decimal(38, 9))) as decimal(38, 6))
        when 2 then cast(cast(floor(cast(x as decimal(38, 9)) * 100) as decimal(38, 0)) * cast(0.01 as decimal(3, 2)) as decimal(38, 6))
        when 3 then cast(cast(floor(cast(x as decimal(38, 9)) * 1000) as decimal(38, 0)) * cast(0.001 as decimal(4, 3)) as decimal(38, 6))
        when 4 then cast(cast(floor(cast(x as decimal(38, 9)) * 10000) as decimal(38, 0)) * cast(0.0001 as decimal(5, 4)) as decimal(38, 6))
    end as decimal(38, 6));

create or replace macro half_up_minor(x, digits) as
    cast(case digits
        when 0 then cast(round(cast(x as decimal(38, 15)), 0) as decimal(38, 6))
        when 2 then cast(round(cast(x as decimal(38, 15)), 2) as decimal(38, 6))
        when 3 then cast(round(cast(x as decimal(38, 15)), 3) as decimal(38, 6))
        when 4 then cast(round(cast(x as decimal(38, 15)), 4) as decimal(38, 6))
    end as decimal(38, 6));

-- One minor unit of a currency.
create or replace macro minor_unit(digits) as
    case digits
        when 0 then cast(1 as decimal(38, 6))
        when 2 then cast(0.01 as decimal(38, 6))
        when 3 then cast(0.001 as decimal(38, 6))
        when 4 then cast(0.0001 as decimal(38, 6))
    end;

-- Quotient of two whole numbers, cut towards zero, and of two positive ones, half to even. `//` stays in integers.
create or replace macro whole_quotient(a, b) as cast(a as hugeint) // cast(b as hugeint);
create or replace macro divide_half_even(a, b) as
    (cast(a as hugeint) // cast(b as hugeint))
    + case
        when 2 * (cast(a as hugeint) % cast(b as hugeint)) > cast(b as hugeint) then 1
        when 2 * (cast(a as hugeint) % cast(b as hugeint)) = cast(b as hugeint)
            and (cast(a as hugeint) // cast(b as hugeint)) % 2 <> 0 then 1
        else 0
    end;

-- Quotient of two whole numbers, the first not below zero, half up.
create or replace macro divide_half_up(a, b) as
    (2 * cast(a as hugeint) + cast(b as hugeint)) // (2 * cast(b as hugeint));

-- A rate in billionths, and back.
create or replace macro billionths(rate) as cast(cast(rate as decimal(38, 9)) * 1000000000 as hugeint);
create or replace macro from_billionths(n) as cast(cast(n as decimal(38, 0)) * cast(0.000000001 as decimal(10, 9)) as decimal(18, 9));

-- The part of a whole number that falls to `part` of `whole`: the cumulative floor of a share. Small numbers, which are nearly
-- all, stay in 64 bits.
create or replace macro share_of(total, part, whole) as
    cast(case
        when total between -2000000000 and 2000000000 and part between 0 and 2000000000
            then cast(total as bigint) * cast(part as bigint) // cast(whole as bigint)
        else (cast(total as hugeint) * cast(part as hugeint)) // cast(whole as hugeint)
    end as decimal(38, 0));

-- An amount in whole millionths, and back.
create or replace macro millionths(amount) as cast(cast(amount as decimal(38, 6)) * 1000000 as decimal(38, 0));
-- The same for an amount as inputs have it, decimal(18, 6): in 64 bits, twenty times as fast.
create or replace macro small_millionths(amount) as
    cast(trunc(amount) as bigint) * 1000000
    + cast(cast(amount - cast(trunc(amount) as decimal(18, 6)) as decimal(7, 6)) * 1000000 as bigint);
create or replace macro from_millionths(n) as
    cast(cast(n as decimal(38, 0)) * cast(0.000001 as decimal(7, 6)) as decimal(38, 6));

-- The tax inside an amount that holds it, and the part of an amount that falls to `part` of `whole`: half up in whole minor units,
-- on whole numbers.
create or replace macro tax_inside(gross, rate, digits) as
    cast(minor_unit(digits) * cast(divide_half_up(
        cast(millionths(gross) as hugeint) * billionths(rate),
        (1000000000 + billionths(rate)) * cast(millionths(minor_unit(digits)) as hugeint)
    ) as decimal(32, 0)) as decimal(18, 6));
create or replace macro part_inside(gross, part, whole, digits) as
    cast(minor_unit(digits) * cast(divide_half_up(
        cast(millionths(gross) as hugeint) * cast(millionths(part) as hugeint),
        cast(millionths(whole) as hugeint) * cast(millionths(minor_unit(digits)) as hugeint)
    ) as decimal(32, 0)) as decimal(18, 6));

-- Millionths told in another currency, half away from zero. Without a rate nobody knows what they are; nothing is nothing.
create or replace macro at_rate(n, rate) as
    case
        when n = 0 then cast(0 as decimal(38, 0))
        when rate = 1 then cast(n as decimal(38, 0))
        else cast(round(cast(n as decimal(38, 0)) * cast(rate as decimal(18, 9)), 0) as decimal(38, 0))
    end;

-- The same for an amount with nine decimals.
create or replace macro amount_at_rate(amount, rate) as
    case
        when amount = 0 then cast(0 as decimal(38, 9))
        else cast(cast(amount as decimal(38, 9)) * cast(rate as decimal(18, 9)) as decimal(38, 9))
    end;

-- The same for an amount of any size, as bad input has it, at a rate that is not below 0: one that twenty digits don't hold is null.
create or replace macro bounded_at_rate(amount, rate) as
    case
        when amount = 0 then cast(0 as decimal(38, 9))
        when abs(amount) < 10000000000
            or (abs(amount) < 10000000000000000 and rate < 1000)
            or (abs(amount) < 10000000000000000000 and rate <= 1)
            then cast(cast(amount as decimal(38, 9)) * cast(rate as decimal(18, 9)) as decimal(38, 9))
    end;

-- The sum of amounts that are all known; where one isn't, nobody knows the sum. `sum` alone would leave that one out.
create or replace macro known_sum(amount) as
    case when count(*) = count(amount) then sum(amount) end;

-- What a lot of `whole` coins at `total` still carries with `rest` coins left: it has given the floor of the share of the others.
create or replace macro carried(total, rest, whole) as
    case when rest = 0 then 0 when rest = whole then total else total - share_of(total, whole - rest, whole) end;

-- The same for an amount that fits in 64 bits, as every amount of an input does in its own currency.
create or replace macro carried_small(total, rest, whole) as
    cast(case
        when rest = 0 then 0
        when rest = whole then total
        when total between -2000000000 and 2000000000 and whole <= 2000000000
            then total - total * (whole - rest) // whole
        else total - (cast(total as hugeint) * cast(whole - rest as hugeint)) // cast(whole as hugeint)
    end as bigint);

-- What a gift gives an agency: its diamonds' value times the agency's share, in nine decimals, half away from zero; and whether value times
-- share has more than nine, so that the sum over diamonds isn't the sum over gifts.
create or replace macro share_given(diamonds, diamond_value, share) as
    cast(round(
        cast(cast(diamonds * diamond_value as decimal(28, 9)) * cast(share as decimal(10, 9)) as decimal(38, 18)), 9
    ) as decimal(38, 9));
create or replace macro has_more_decimals(diamond_value, share) as
    cast(cast(diamond_value as decimal(18, 9)) * cast(share as decimal(10, 9)) as decimal(38, 18))
    <> round(cast(cast(diamond_value as decimal(18, 9)) * cast(share as decimal(10, 9)) as decimal(38, 18)), 9);

-- Instants.
create or replace macro instant_number(instant) as epoch_us(instant);
create or replace macro just_after(instant) as instant + interval 1 microsecond;
create or replace macro just_before(instant) as instant - interval 1 microsecond;
create or replace macro local_day(instant, tz) as cast(instant at time zone tz as date);
create or replace macro day_start(day, tz) as cast(day as timestamp) at time zone tz;
create or replace macro local_month(instant, tz) as strftime(instant at time zone tz, '%Y-%m');
create or replace macro iso_instant(instant) as strftime(instant at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ');
create or replace macro iso_day(day) as strftime(day, '%Y-%m-%d');
create or replace macro days_between(earlier, later) as cast(date_diff('day', earlier, later) as bigint);

-- A number for a sentence: exact, without trailing zeros.
create or replace macro plain(x) as regexp_replace(regexp_replace(cast(x as varchar), '(\.[0-9]*?)0+$', '\1'), '\.$', '');

-- How many there are of something, in words: 1 coin, 2 coins; and the verb that goes with it.
create or replace macro counted(n, one) as plain(n) || ' ' || one || case when abs(n) = 1 then '' else 's' end;
create or replace macro with_unit(n, unit) as case when unit in ('coins', 'diamonds', 'rows') then counted(n, rtrim(unit, 's')) else plain(n) || ' ' || unit end;
create or replace macro without_s(x) as rtrim(x, 's');
create or replace macro are(n) as case when abs(n) = 1 then 'is' else 'are' end;
create or replace macro were(n) as case when abs(n) = 1 then 'was' else 'were' end;

-- A text as its words, lower case and one blank apart: letters, digits, _ and - are of a word, - not at its ends.
create or replace macro reference_words(x) as trim(regexp_replace(regexp_replace(
    regexp_replace(lower(x), '[^\p{L}\p{N}_-]+', ' ', 'g'), '(^| )-+|-+( |$)', ' ', 'g'), ' +', ' ', 'g'));

-- Whole months from one accounting month to another ('2026-10').
create or replace macro month_number(month) as
    cast(substr(month, 1, 4) as bigint) * 12 + cast(substr(month, 6, 2) as bigint);

-- The accounting month so many months after another.
create or replace macro month_after(month, months) as strftime(cast(month || '-01' as date) + to_months(cast(months as integer)), '%Y-%m');

-- Every time zone's offset is a multiple of a quarter of an hour, so days can be told from quarters.
create or replace macro quarter_hour(instant) as make_timestamptz((epoch_us(instant) // 900000000) * 900000000);

-- A number of days of 24 hours before an instant: a hold isn't shorter because a clock was put forward.
create or replace macro days_before(instant, days) as instant - to_hours(24 * days);

-- A number for several values, by which large sides are joined. Two things may share a number, so the values are compared too,
-- or a second number of the text that tells them apart, made of the same text cut elsewhere.
create or replace macro join_number(a, b, c, d, e) as hash(a, b, c, d, e);
create or replace macro check_number(a) as hash(substr(a, 3), substr(a, 1, 2));

-- The days beside a day, the instant at which a day ends in a zone, and days of 24 hours after an instant.
create or replace macro day_before(day) as cast(day - interval 1 day as date);
create or replace macro day_end(day, tz) as cast(day + interval 1 day as timestamp) at time zone tz;
create or replace macro days_after(instant, days) as instant + to_hours(24 * days);
