# What Doxygen reads in place of a header: with comments on what is the same in every estimator, and
# on each of several declarators where Doxygen would give the comment behind them to the last alone;
# without deduction guides. Lines keep their numbers.

/^    struct Options \{$/ { sub(/struct/, "/** What can be set, and its defaults. */ struct") }
/^    (} |Options )options{};/ { sub(/;/, "; /**< As they are set. */") }
/^    static constexpr std::string_view name = / { sub(/;/, "; /**< In progress, times and messages. */") }
/^    using W = Wide<Scalar>;/ { sub(/;/, "; /**< What sums are kept in. */") }
/^[A-Za-z_]+\(.*\) ?-> ?.*;$/ { $0 = "" }

/^ +[A-Za-z][A-Za-z0-9_:<>]* [a-z_]+( = [^,;()]+)?(, [a-z_]+( = [^,;()]+)?)+; +\/\/\/< / {
    doc = substr($0, index($0, "///<") + 4)
    match($0, /[A-Za-z]/)
    declared = substr($0, RSTART, index($0, ";") - RSTART)
    type = substr(declared, 1, index(declared, " "))
    count = split(substr(declared, length(type) + 1), names, ", ")
    $0 = ""
    for (i = 1; i <= count; ++i) $0 = $0 type names[i] "; /**<" doc " */ "
}
{ print }
