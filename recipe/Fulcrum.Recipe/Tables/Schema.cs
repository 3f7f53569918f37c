using Fulcrum.Statistics;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Recipe.Tables;

/// <summary>A table: <c>id</c> first, then columns whose names say what they hold; a column called like another table
/// refers to it.</summary>
internal sealed record Table(string Name, IReadOnlyList<string> Columns, string? Parent)
{
    /// <summary>Columns of text.</summary>
    public IReadOnlyList<string> Texts { get; } = [.. Columns.Where(Vocabulary.TextColumns.ContainsKey)];

    /// <summary>Columns of numbers, keys left out.</summary>
    public IReadOnlyList<string> Numbers { get; } =
    [.. Columns.Where(c => c != "id" && c != Parent && !Vocabulary.TextColumns.ContainsKey(c))];
}

/// <summary>A database of two tables, the second of which refers to the first.</summary>
internal sealed record Schema(string DbId, Table First, Table Second)
{
    /// <summary>Both tables.</summary>
    public IReadOnlyList<Table> Tables { get; } = [First, Second];

    /// <summary>As the tool reads it from <c>tables.json</c>.</summary>
    public SpiderSchema ToSpider() =>
        new(
            DbId,
            [
                .. Tables.Select(t => new SpiderTable(
                    t.Name,
                    [
                        .. t.Columns.Select(c => new SpiderColumn(
                            c,
                            Vocabulary.TextColumns.ContainsKey(c) ? "text" : "number",
                            c == "id"
                        )),
                    ]
                )),
            ],
            [($"{Second.Name}.{First.Name}", $"{First.Name}.id")]
        );

    /// <summary>Reads <c>owner name city age / pet name color weight</c>.</summary>
    public static Schema Parse(string text)
    {
        string[][] tables =
        [
            .. text.Split('/').Select(t => t.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
        ];
        return Of(tables[0][0], tables[0][1..], tables[1][0], tables[1][1..]);
    }

    /// <summary>A database of names drawn at random.</summary>
    public static Schema Random(RandomStream random)
    {
        string[] tables = random.Shuffled(Vocabulary.TableNames);
        return Of(tables[0], Columns(random), tables[1], Columns(random));
    }

    private static string[] Columns(RandomStream random)
    {
        string[] texts = random.Shuffled(Vocabulary.TextColumns.Keys)[..(1 + random.NextInt(2))],
            numbers = random.Shuffled(Vocabulary.NumberColumns)[..(1 + random.NextInt(2))];
        return random.Shuffled(texts.Concat(numbers));
    }

    private static Schema Of(string first, string[] firstColumns, string second, string[] secondColumns) =>
        new(
            $"{first}_{second}",
            new Table(first, ["id", .. firstColumns], null),
            new Table(second, ["id", .. secondColumns, first], first)
        );
}
