using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Recipe.Tables;
using Fulcrum.Statistics;
using Fulcrum.Tasks.Spider;
using Microsoft.Data.Sqlite;
using Table = Fulcrum.Recipe.Tables.Table;

namespace Fulcrum.Recipe.Data;

/// <summary>An example with the database it belongs to.</summary>
internal sealed record MiniExample(Schema Schema, Request Request);

/// <summary>The miniature of Spider: small databases about everyday things, questions and queries; the dev databases
/// have other tables than those of training.</summary>
internal sealed partial class MiniSpider
{
    private const int PerDatabase = 30;

    private static readonly string[] TrainDatabases =
    [
        "owner name city age / pet name color weight",
        "author name country age / book name genre pages price",
        "school name city size / student name age score",
        "club name city points / player name sport salary",
        "shop name city size / shirt color brand price",
        "farm name direction size / cow name age weight",
        "valley name depth country / bridge name material length",
        "airline name country rank / plane name speed seats",
        "museum name city cost / painting name style price",
        "doctor name subject salary / patient name age height weight",
        "company name country rank / worker name salary age",
        "band name genre age / song name length score",
        "park name city size / tree name height season",
        "port name country depth / ship name length speed",
        "bakery name city rank / cake flavor price weight",
        "factory name direction power / machine brand power price",
        "county name country size / village name weather distance",
        "teacher name subject age / course day length month",
        "ranch name city size / pony name color age",
        "cinema name city seats / film name genre length",
        "garden name style size / flower color month height",
        "bank name city rank / loan status cost length",
        "station name city depth / train brand speed seats",
        "palace name country size / guard name age height",
    ];

    private static readonly string[] DevDatabases =
    [
        "driver name city age / car brand color price",
        "island name country size / beach name weather length",
        "chef name country score / dish name flavor price",
        "mountain name country height / trail name quality length",
        "king name country age / castle name style height",
        "lake name depth country / boat name material speed",
        "market name city size / fruit color flavor weight",
        "tower name city height / bell material weight age",
    ];

    /// <param name="seed">Decides questions and rows.</param>
    public MiniSpider(int seed)
    {
        Train = [.. TrainDatabases.SelectMany(d => Examples(Schema.Parse(d), seed))];
        Dev = [.. DevDatabases.SelectMany(d => Examples(Schema.Parse(d), seed))];
    }

    /// <summary>Examples to train on.</summary>
    public IReadOnlyList<MiniExample> Train { get; }

    /// <summary>Examples to measure with.</summary>
    public IReadOnlyList<MiniExample> Dev { get; }

    /// <summary>What the pretraining text must not hold: the questions of dev and the described tables of its
    /// databases.</summary>
    public IReadOnlySet<string> Forbidden =>
        Dev.Select(e => e.Request.Question)
            .Concat(Dev.SelectMany(e => Lines(e.Schema)))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Writes everything in Spider's layout.</summary>
    public void Write(string folder, int seed)
    {
        Schema[] schemas = [.. Train.Concat(Dev).Select(e => e.Schema).Distinct()];
        AtomicFile.WriteText(Path.Combine(folder, "tables.json"), Json(schemas.Select(Describe)));
        AtomicFile.WriteText(Path.Combine(folder, "train_spider.json"), Json(Train.Select(Describe)));
        AtomicFile.WriteText(Path.Combine(folder, "dev.json"), Json(Dev.Select(Describe)));
        foreach (Schema schema in schemas)
        {
            string file = Path.Combine(folder, "database", schema.DbId, schema.DbId + ".sqlite");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Delete(file);
            Open(schema, file, seed).Dispose();
        }
    }

    private static IEnumerable<string> Lines(Schema schema) =>
        SpiderPrompt.Describe(schema.ToSpider()).Split('\n').Where(l => l.Contains('(', StringComparison.Ordinal));

    private static IEnumerable<MiniExample> Examples(Schema schema, int seed)
    {
        RandomStream random = RandomStream.For(seed, $"questions about {schema.DbId}");
        using SqliteConnection database = Open(schema, ":memory:", seed);
        HashSet<string> seen = [];
        while (seen.Count < PerDatabase)
        {
            Request request = Requests.Draw(schema, random);
            // A query without a result would be equal to many wrong ones.
            if (HasResult(database, Sql.Write(request.Query)) && seen.Add(request.Question))
            {
                yield return new MiniExample(schema, request);
            }
        }
    }

    private static JsonObject Describe(Schema schema)
    {
        (int Table, string Column)[] columns =
        [
            (-1, "*"),
            .. schema.Tables.SelectMany((t, i) => t.Columns.Select(c => (i, c))),
        ];
        int second = 1 + schema.First.Columns.Count;
        JsonArray Columns() => new([.. columns.Select(c => (JsonNode)new JsonArray(c.Table, c.Column))]);
        JsonArray Tables() => new([.. schema.Tables.Select(t => (JsonNode)t.Name)]);
        return new JsonObject
        {
            ["column_names"] = Columns(),
            ["column_names_original"] = Columns(),
            ["column_types"] = new JsonArray([
                .. columns.Select(c =>
                    (JsonNode)(c.Column == "*" || Vocabulary.TextColumns.ContainsKey(c.Column) ? "text" : "number")
                ),
            ]),
            ["db_id"] = schema.DbId,
            ["foreign_keys"] = new JsonArray(new JsonArray(second + schema.Second.Columns.Count - 1, 1)),
            ["primary_keys"] = new JsonArray(1, second),
            ["table_names"] = Tables(),
            ["table_names_original"] = Tables(),
        };
    }

    private static JsonObject Describe(MiniExample example)
    {
        string query = Sql.Write(example.Request.Query);
        string[] tokens = [.. Token().Matches(query).Select(m => m.Value)];
        return new JsonObject
        {
            ["db_id"] = example.Schema.DbId,
            ["query"] = query,
            ["query_toks"] = Array(tokens),
            ["query_toks_no_value"] = Array(
                tokens.Select(t => t[0] == '\'' || char.IsDigit(t[0]) ? "value" : t.ToLowerInvariant())
            ),
            ["question"] = example.Request.Question,
            ["question_toks"] = Array(Token().Matches(example.Request.Question).Select(m => m.Value)),
            ["sql"] = new SpiderParse(example.Schema).Of(example.Request.Query),
        };
    }

    private static SqliteConnection Open(Schema schema, string file, int seed)
    {
        RandomStream random = RandomStream.For(seed, $"rows of {schema.DbId}");
        SqliteConnection connection = new($"Data Source={file};Pooling=False");
        connection.Open();
        using SqliteTransaction transaction = connection.BeginTransaction();
        Rows(connection, schema.First, 0, 8, random);
        // The last two of the first table stay without a row that refers to them, so that questions about those have
        // answers.
        Rows(connection, schema.Second, 6, 14, random);
        transaction.Commit();
        return connection;
    }

    private static bool HasResult(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() && reader.GetValue(0) is not 0L;
    }

    private static void Rows(SqliteConnection connection, Table table, int parents, int count, RandomStream random)
    {
        string Type(string c) =>
            c == "id" ? "INTEGER PRIMARY KEY"
            : c == table.Parent ? $"INTEGER REFERENCES {c}(id)"
            : table.Texts.Contains(c) ? "TEXT"
            : "INTEGER";
        Run(
            connection,
            $"CREATE TABLE {table.Name} ({string.Join(", ", table.Columns.Select(c => $"{c} {Type(c)}"))})"
        );
        Dictionary<string, int[]> numbers = table.Numbers.ToDictionary(
            n => n,
            _ => random.Shuffled(Enumerable.Range(8, 86))[..count]
        );
        Dictionary<string, string[]> names = table.Texts.ToDictionary(
            c => c,
            c => random.Shuffled(Vocabulary.TextColumns[c])
        );
        for (int row = 0; row < count; row++)
        {
            string Value(string c) =>
                c == "id" ? $"{row + 1}"
                : c == table.Parent ? $"{1 + random.NextInt(parents)}"
                : numbers.TryGetValue(c, out int[]? drawn) ? $"{drawn[row]}"
                : $"'{(c == "name" ? names[c][row] : names[c][random.NextInt(Math.Min(4, names[c].Length))])}'";
            Run(connection, $"INSERT INTO {table.Name} VALUES ({string.Join(", ", table.Columns.Select(Value))})");
        }
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static JsonArray Array(IEnumerable<string> words) => new([.. words.Select(w => (JsonNode)w)]);

    private static string Json(IEnumerable<JsonObject> all) =>
        "[\n" + string.Join(",\n", all.Select(o => o.ToJsonString(JsonLines.Output))) + "\n]\n";

    [GeneratedRegex(@"'[^']*'|\w+|[^\w\s]", RegexOptions.None, 1000)]
    private static partial Regex Token();
}
