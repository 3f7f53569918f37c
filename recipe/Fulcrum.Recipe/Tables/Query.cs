namespace Fulcrum.Recipe.Tables;

/// <summary>A column, perhaps under an aggregate; <c>*</c> stands for the whole row.</summary>
/// <param name="Aggregate">Empty, <c>count</c>, <c>avg</c>, <c>max</c>, <c>min</c> or <c>sum</c>.</param>
internal sealed record Term(string Column, string Aggregate = "", bool OfParent = false);

/// <summary>A condition on a column.</summary>
/// <param name="Operator"><c>=</c>, <c>&gt;</c>, <c>&lt;</c>, <c>average</c> (above its average) or <c>without</c> (no
/// row of <paramref name="Value"/> refers to it).</param>
internal sealed record Condition(Term Left, string Operator, string Value = "");

/// <summary>What a request means, apart from any language it can be written in.</summary>
/// <param name="From">The table whose rows are meant.</param>
/// <param name="Join">The table it refers to, where that is needed.</param>
/// <param name="Select">What is wanted of them.</param>
/// <param name="Limit">Only the first row.</param>
internal sealed record Query(
    Table From,
    Table? Join,
    IReadOnlyList<Term> Select,
    IReadOnlyList<Condition> Where,
    string? GroupBy = null,
    Term? OrderBy = null,
    bool Descending = false,
    bool Limit = false,
    bool Distinct = false
);

/// <summary>A question about a database and what it means.</summary>
internal sealed record Request(string Question, Query Query);
