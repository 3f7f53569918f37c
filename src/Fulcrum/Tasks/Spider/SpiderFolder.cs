using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Spider;

/// <summary>One example of Spider (Yu et al., EMNLP 2018).</summary>
/// <param name="Index">Its place in its file, from 0.</param>
/// <param name="Parse">The parsed query (<c>sql</c>) where the file has it: hardness is read from it.</param>
/// <param name="Evidence">External knowledge that BIRD gives with the question; null: none.</param>
/// <param name="Difficulty">BIRD's word for the level; null: hardness follows from the parse.</param>
public sealed record SpiderExample(
    int Index,
    string DbId,
    string Question,
    string Query,
    JsonNode? Parse,
    string? Evidence = null,
    string? Difficulty = null
);

/// <summary>A database as <c>tables.json</c> describes it.</summary>
public sealed record SpiderSchema(
    string DbId,
    IReadOnlyList<SpiderTable> Tables,
    IReadOnlyList<(string From, string To)> ForeignKeys
);

/// <summary>A table with its columns in their order.</summary>
public sealed record SpiderTable(string Name, IReadOnlyList<SpiderColumn> Columns);

/// <summary>A column; <paramref name="Type"/> is Spider's word: text, number, time, boolean, others.</summary>
public sealed record SpiderColumn(string Name, string Type, bool IsPrimaryKey);

/// <summary>A folder in Spider's layout: <c>tables.json</c>, <c>train_spider.json</c>, <c>dev.json</c>,
/// <c>database/DB/DB.sqlite</c>.</summary>
public sealed class SpiderFolder
{
    private const long LargestFile = 1 << 29;
    private readonly string root;

    private SpiderFolder(string root, IReadOnlyDictionary<string, SpiderSchema> schemas)
    {
        this.root = root;
        Schemas = schemas;
    }

    /// <summary>Every schema by database.</summary>
    public IReadOnlyDictionary<string, SpiderSchema> Schemas { get; }

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InputException">It lacks its databases or tables.json, or that file is malformed; says
    /// where.</exception>
    public static SpiderFolder Open(string root)
    {
        if (!Directory.Exists(SpiderQuestions.Databases(root)))
        {
            throw new InputException(
                $"no Spider data in {root}: there is no folder 'database' with DB/DB.sqlite files"
            );
        }

        if (SpiderQuestions.TablesFile(root) is not { } path)
        {
            return new SpiderFolder(root, SpiderQuestions.SchemasOf(root));
        }

        Dictionary<string, (SpiderSchema Schema, JsonObject Entry)> schemas = new(StringComparer.Ordinal);
        foreach ((JsonObject entry, int i) in Objects(path).Select((o, i) => (o, i)))
        {
            SpiderSchema schema = Read(path, i, () => Schema(entry));
            if (
                !schemas.TryAdd(schema.DbId, (schema, entry)) && !JsonNode.DeepEquals(schemas[schema.DbId].Entry, entry)
            )
            {
                throw new InputException(
                    $"{path} entry {i}: the database '{schema.DbId}' is described before already, in other words"
                );
            }
        }

        return new SpiderFolder(root, schemas.ToDictionary(s => s.Key, s => s.Value.Schema, StringComparer.Ordinal));
    }

    /// <summary>The examples of <c>dev.json</c>.</summary>
    /// <exception cref="InputException">The file is missing or malformed, or an example's database is not there; names
    /// the entry.</exception>
    public IReadOnlyList<SpiderExample> Dev() => Examples(SpiderQuestions.DevFile(root));

    /// <summary>The examples of <c>train_spider.json</c>.</summary>
    /// <exception cref="InputException">As for <see cref="Dev"/>.</exception>
    public IReadOnlyList<SpiderExample> Train() => Examples("train_spider.json");

    /// <summary>The SQLite file of a database.</summary>
    public string DatabaseFile(string dbId) => Path.Combine(SpiderQuestions.Databases(root), dbId, dbId + ".sqlite");

    private SpiderExample[] Examples(string file)
    {
        string path = Path.Combine(root, file);
        HashSet<string> seen = new(StringComparer.Ordinal);
        SpiderExample[] examples = [.. Objects(path).Select((o, i) => Read(path, i, () => SpiderQuestions.Read(o, i)))];
        foreach (SpiderExample example in examples.Where(e => seen.Add(e.DbId)))
        {
            CheckDatabase(path, example);
        }

        return examples;
    }

    private void CheckDatabase(string path, SpiderExample example)
    {
        string id = example.DbId;
        if (!InnerPath.IsPlainName(id) || !Schemas.ContainsKey(id))
        {
            throw new InputException($"{path} example {example.Index}: the database '{id}' is not in tables.json");
        }

        if (!File.Exists(DatabaseFile(id)))
        {
            throw new InputException(
                $"{path} example {example.Index}: the database '{id}' has no file {DatabaseFile(id)}"
            );
        }

        RefuseLog(DatabaseFile(id));
        if (!InnerPath.LiesIn(root, DatabaseFile(id)))
        {
            throw new InputException(
                $"{path} example {example.Index}: the database '{id}' is a link that leaves {root}"
            );
        }
    }

    /// <summary>Returns the file of a database in a folder of databases, by an id that somebody else wrote.</summary>
    /// <exception cref="InputException">The id is no name, the file is missing, special, or a link that leads out of
    /// the
    /// folder, or its write-ahead log holds changes.</exception>
    public static string DatabaseIn(string databases, string id, Func<string, InputException> error)
    {
        if (!RelativeName.IsPlain(id))
        {
            throw error($"the db_id '{Printable.Short(id)}' is not the name of a folder");
        }

        string file = Path.Combine(databases, id, id + ".sqlite");
        if (FileEntry.Of(file).Kind != EntryKind.File)
        {
            throw error($"there is no database file {file}");
        }

        if (!InnerPath.LiesIn(databases, file))
        {
            throw error($"{file} is a link that leads out of {databases}; put the database itself there");
        }

        RefuseLog(file);
        return file;
    }

    /// <summary>Refuses a database with changes in a write-ahead log beside it: databases are opened read-only and as
    /// they are, so those changes would be missing.</summary>
    /// <exception cref="InputException">There is such a log, and it is not empty.</exception>
    public static void RefuseLog(string databaseFile)
    {
        string log = databaseFile + "-wal";
        if (File.Exists(log) && new FileInfo(log).Length > 0)
        {
            throw new InputException(
                $"{log} holds changes that are not in the database yet; write them into it with "
                    + $"sqlite3 '{databaseFile}' 'PRAGMA wal_checkpoint(TRUNCATE)'"
            );
        }
    }

    private static IEnumerable<JsonObject> Objects(string path)
    {
        JsonArray list;
        try
        {
            using Stream stream = BoundedFile.Open(path, LargestFile);
            using StreamReader reader = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
            list =
                StrictJson.Parse(reader.ReadToEnd()) as JsonArray
                ?? throw new InputException($"{path}: expected a list");
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{path}: not valid UTF-8", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }

        return list.Select(
            (node, i) => node as JsonObject ?? throw new InputException($"{path} entry {i}: expected an object")
        );
    }

    private static T Read<T>(string path, int index, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e)
            when (e
                    is InvalidOperationException
                        or FormatException
                        or ArgumentException
                        or NullReferenceException
                        or IndexOutOfRangeException
                        or KeyNotFoundException
            )
        {
            throw new InputException($"{path} entry {index}: malformed: {e.Message}", e);
        }
    }

    private static SpiderSchema Schema(JsonObject o)
    {
        string[] tables = [.. o["table_names_original"]!.AsArray().Select(t => t!.GetValue<string>())];
        (int Table, string Name)[] columns =
        [
            .. o["column_names_original"]!.AsArray().Select(c => (c![0]!.GetValue<int>(), c[1]!.GetValue<string>())),
        ];
        string[] types = [.. o["column_types"]!.AsArray().Select(t => t!.GetValue<string>())];
        HashSet<int> primary =
        [
            .. o["primary_keys"]!
                .AsArray()
                .SelectMany(k =>
                    k is JsonArray several ? several.Select(i => i!.GetValue<int>()) : [k!.GetValue<int>()]
                ),
        ];
        SpiderTable[] read =
        [
            .. tables.Select(
                (name, t) =>
                    new SpiderTable(
                        name,
                        [
                            .. Enumerable
                                .Range(0, columns.Length)
                                .Where(c => columns[c].Table == t)
                                .Select(c => new SpiderColumn(columns[c].Name, types[c], primary.Contains(c))),
                        ]
                    )
            ),
        ];
        string Full(int column) => $"{tables[columns[column].Table]}.{columns[column].Name}";
        return new SpiderSchema(
            Text(o, "db_id"),
            read,
            [.. o["foreign_keys"]!.AsArray().Select(k => (Full(k![0]!.GetValue<int>()), Full(k[1]!.GetValue<int>())))]
        );
    }

    private static string Text(JsonObject o, string name) =>
        o[name] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw new FormatException($"'{name}' must be a text");
}
