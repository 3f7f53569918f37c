namespace Fulcrum.Recipe.Knowledge;

/// <summary>One kind of fact: who stands to what in it, how it is said and how it is asked.</summary>
/// <param name="Subject">The MMLU subject whose questions ask for it.</param>
/// <param name="Statements">Sentences with <c>{x}</c> and <c>{y}</c>.</param>
/// <param name="Question">Asks for y and names <c>{x}</c>.</param>
/// <param name="Backwards">Asks for x and names <c>{y}</c>; null where several x share a y.</param>
/// <param name="Facts">Pairs <c>x:y</c>, separated by blanks.</param>
internal sealed record Relation(
    string Subject,
    string Key,
    string[] Statements,
    string Question,
    string? Backwards,
    string Facts
)
{
    /// <summary>The pairs.</summary>
    public IReadOnlyList<Fact> All { get; } =
    [
        .. Facts
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(f => new Fact(f.Split(':')[0], f.Split(':')[1])),
    ];
}

/// <summary>One fact of a relation.</summary>
internal sealed record Fact(string X, string Y);
