-- The order in which rows were first written, which no clock decides: runs and
-- decisions are listed by the number of their first record.

create index carat_records_row on carat_records (table_name, row_key, record_no);
