package duckdb

import (
	"slices"
	"strings"
	"testing"
)

// refusedScalars are the functions of an expression that DuckDB has and a query
// may not call: SQL as a text, files, settings, sequences, waiting, logs, and what
// looks into the engine.
var refusedScalars = set(`
__internal_compress_integral_ubigint __internal_compress_integral_uinteger __internal_compress_integral_usmallint
__internal_compress_integral_utinyint __internal_compress_string_hugeint __internal_compress_string_ubigint __internal_compress_string_uhugeint
__internal_compress_string_uinteger __internal_compress_string_usmallint __internal_compress_string_utinyint __internal_decompress_integral_bigint
__internal_decompress_integral_hugeint __internal_decompress_integral_integer __internal_decompress_integral_smallint
__internal_decompress_integral_ubigint __internal_decompress_integral_uhugeint __internal_decompress_integral_uinteger
__internal_decompress_integral_usmallint __internal_decompress_string can_cast_implicitly cast_to_type col_description combine constant_or_null
current_connection_id current_query current_query_id current_role current_setting current_transaction_id currval finalize get_block_size get_type
getvariable has_any_column_privilege has_column_privilege has_database_privilege has_foreign_data_wrapper_privilege has_function_privilege
has_language_privilege has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege icu_collate_af
icu_collate_am icu_collate_ar icu_collate_ar_sa icu_collate_as icu_collate_az icu_collate_be icu_collate_bg icu_collate_bn icu_collate_bo
icu_collate_br icu_collate_bs icu_collate_ca icu_collate_ceb icu_collate_chr icu_collate_cs icu_collate_cy icu_collate_da icu_collate_de
icu_collate_de_at icu_collate_dsb icu_collate_dz icu_collate_ee icu_collate_el icu_collate_en icu_collate_en_us icu_collate_eo icu_collate_es
icu_collate_et icu_collate_fa icu_collate_fa_af icu_collate_ff icu_collate_fi icu_collate_fil icu_collate_fo icu_collate_fr icu_collate_fr_ca
icu_collate_fy icu_collate_ga icu_collate_gl icu_collate_gu icu_collate_ha icu_collate_haw icu_collate_he icu_collate_he_il icu_collate_hi
icu_collate_hr icu_collate_hsb icu_collate_hu icu_collate_hy icu_collate_id icu_collate_id_id icu_collate_ig icu_collate_is icu_collate_it
icu_collate_ja icu_collate_ka icu_collate_kk icu_collate_kl icu_collate_km icu_collate_kn icu_collate_ko icu_collate_kok icu_collate_ku icu_collate_ky
icu_collate_lb icu_collate_lij icu_collate_lkt icu_collate_ln icu_collate_lo icu_collate_lt icu_collate_lv icu_collate_mk icu_collate_ml
icu_collate_mn icu_collate_mr icu_collate_ms icu_collate_mt icu_collate_my icu_collate_nb icu_collate_nb_no icu_collate_ne icu_collate_nl
icu_collate_nn icu_collate_noaccent icu_collate_nso icu_collate_om icu_collate_or icu_collate_pa icu_collate_pa_in icu_collate_pl icu_collate_ps
icu_collate_pt icu_collate_ro icu_collate_ru icu_collate_sa icu_collate_se icu_collate_si icu_collate_sk icu_collate_sl icu_collate_smn icu_collate_sq
icu_collate_sr icu_collate_sr_ba icu_collate_sr_me icu_collate_sr_rs icu_collate_st icu_collate_sv icu_collate_sw icu_collate_ta icu_collate_te
icu_collate_th icu_collate_tk icu_collate_tn icu_collate_to icu_collate_tr icu_collate_ug icu_collate_uk icu_collate_ur icu_collate_uz icu_collate_vi
icu_collate_wae icu_collate_wo icu_collate_xh icu_collate_yi icu_collate_yo icu_collate_yue icu_collate_yue_cn icu_collate_zh icu_collate_zh_cn
icu_collate_zh_hk icu_collate_zh_mo icu_collate_zh_sg icu_collate_zh_tw icu_collate_zu icu_sort_key in_search_path inet_client_addr inet_client_port
inet_server_addr inet_server_port json_deserialize_sql json_serialize_plan json_serialize_sql make_type nextval obj_description
parse_duckdb_log_message pg_collation_is_visible pg_conf_load_time pg_conversion_is_visible pg_function_is_visible pg_get_constraintdef pg_get_expr
pg_get_viewdef pg_has_role pg_is_other_temp_schema pg_my_temp_schema pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible
pg_postmaster_start_time pg_size_pretty pg_sleep pg_table_is_visible pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible
pg_ts_template_is_visible pg_type_is_visible remap_struct replace_type session_user setseed shobj_description sleep_ms st_asbinary st_astext st_aswkb
st_aswkt st_crs st_geomfromwkb st_intersects_extent st_setcrs stats txid_current variant_bytes_to_variant variant_extract variant_normalize
variant_to_parquet_variant variant_typeof vector_type write_log
`)

// refusedTables are the same for a FROM.
var refusedTables = set(`
arrow_scan arrow_scan_dumb check_peg_parser checkpoint disable_logging disable_peg_parser disable_profiling duckdb_approx_database_count
duckdb_connection_count duckdb_constraints duckdb_coordinate_systems duckdb_databases duckdb_dependencies duckdb_extensions duckdb_external_file_cache
duckdb_indexes duckdb_log_contexts duckdb_logs duckdb_logs_parsed duckdb_memory duckdb_optimizers duckdb_prepared_statements duckdb_profiling_settings
duckdb_schemas duckdb_secret_types duckdb_secrets duckdb_sequences duckdb_settings duckdb_tables duckdb_views duckdb_table_sample duckdb_temporary_files duckdb_variables
enable_logging enable_peg_parser enable_profiling force_checkpoint glob histogram histogram_values json_execute_serialized_sql parquet_bloom_probe
parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata parquet_scan parquet_schema pragma_collations pragma_database_size
pragma_metadata_info pragma_platform pragma_show pragma_storage_info pragma_table_info pragma_user_agent pragma_version query query_table read_blob
read_csv read_csv_auto read_duckdb read_json read_json_auto read_json_objects read_json_objects_auto read_ndjson read_ndjson_auto read_ndjson_objects
read_parquet read_text seq_scan sniff_csv sql_auto_complete test_all_types test_vector_types truncate_duckdb_logs which_secret
`)

// Every function that this DuckDB has is on one of the lists: the functions of a
// new version are looked at before a query may call them.
func TestEveryFunctionIsAllowedOrRefused(t *testing.T) {
	d, err := Open(t.Context(), Config{TempDir: t.TempDir(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for kinds, lists := range map[string][2]map[string]bool{
		"'scalar', 'aggregate', 'macro'": {scalarFunctions, refusedScalars},
		"'table', 'table_macro'":         {tableFunctions, refusedTables},
	} {
		names, err := d.Texts(t.Context(), "select distinct lower(function_name) from duckdb_functions() where function_type in ("+kinds+")")
		if err != nil || len(names) < 50 {
			t.Fatalf("%d functions, %v", len(names), err)
		}
		for _, name := range names {
			if lists[0][name] == lists[1][name] {
				t.Errorf("the function %s is on the list of what may be called: %v, and on that of what may not: %v", name, lists[0][name], lists[1][name])
			}
		}
		for name := range lists[1] {
			if !slices.Contains(names, name) {
				t.Errorf("%s is refused and is no function", name)
			}
		}
	}
	for name := range scalarFunctions {
		if strings.Contains(name, "serialize") || strings.Contains(name, "setting") || strings.Contains(name, "variable") || strings.Contains(name, "sleep") {
			t.Errorf("%s may be called", name)
		}
	}
}

// Nothing that a query may read of DuckDB's own says where on the machine the lake's files
// lie: every view and every function without arguments is asked.
func TestNothingSaysWhereFilesLie(t *testing.T) {
	folder := t.TempDir()
	d, err := Open(t.Context(), Config{TempDir: t.TempDir(), Threads: 1, Folders: []string{folder}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for _, query := range []string{"copy (select 1 as a) to " + Literal(folder+"/rows.parquet"), "create view rows as from read_parquet(" + Literal(folder+"/rows.parquet") + ")"} {
		if err := d.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	sources, err := d.Texts(t.Context(), `select distinct schema_name || '.' || view_name from duckdb_views() where internal
		union select distinct function_name || '()' from duckdb_functions() where function_type = 'table' and len(parameters) = 0 order by 1`)
	if err != nil || len(sources) < 40 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	read, hidden := 0, 0
	for _, source := range append(sources, "sqlite_master", "(show tables)", "(show all tables)", "(describe rows)") {
		has := func(query string) bool {
			texts, err := d.Texts(t.Context(), "select cast(x as varchar) from ("+query+") as x")
			return err == nil && strings.Contains(strings.Join(texts, "\n"), folder)
		}
		if d.ReadOnly(t.Context(), "select * from "+source) != nil {
			if has("select * from " + source) {
				hidden++
			}
			continue
		}
		read++
		if has("select * from " + source) {
			t.Errorf("%s says where the files are", source)
		}
	}
	if read < 20 || hidden < 3 {
		t.Errorf("%d may be read, and %d of those that may not say where the files are", read, hidden)
	}
}

// A function that there is none of is misspelt, or one that reaches out elsewhere.
func TestWhatReachesOutElsewhere(t *testing.T) {
	for name, want := range map[string]bool{
		"getenv": true, "sqlite_scan": true, "postgres_query": true, "read_xlsx": true, "pg_read_file": true, "load_extension": true, "st_read": true, "iceberg_scan": true,
		"cuont": false, "summ": false, "substrng": false, "regexp_mach": false, "dateadd": false, "pg_sleeep": false,
	} {
		if reachesOut(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
