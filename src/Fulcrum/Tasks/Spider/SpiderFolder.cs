using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Spider;

/// <summary>One example of Spider (Yu et al., EMNLP 2018).</summary>
/// <param name="Index">Its place in its file, from 0.</param>
/// <param name="Parse">The parsed query (<c>sql</c>) where the file has it: hardness is read from it.</param>
/// <param name="Evidence">External knowledge that BIRD gives with the question; null: none.</param>
/// <param name="Difficulty">BIRD's word for the level; null: hardness follows from the parse.</param>
internal sealed record SpiderExample(
    int Index,
    string DbId,
    string Question,
    string Query,
    JsonNode? Parse,
    string? Evidence = null,
    string? Difficulty = null
);

/// <summary>A database as <c>tables.json</c> describes it.</summary>
internal sealed record SpiderSchema(
    string DbId,
    IReadOnlyList<SpiderTable> Tables,
    IReadOnlyList<(string From, string To)> ForeignKeys
);

/// <summary>A table with its columns in their order.</summary>
internal sealed record SpiderTable(string Name, IReadOnlyList<SpiderColumn> Columns);

/// <summary>A column; <paramref name="Type"/> is Spider's word: text, number, time, boolean, others.</summary>
internal sealed record SpiderColumn(string Name, string Type, bool IsPrimaryKey);

/// <summary>Spider's questions and databases.</summary>
/// <remarks>
/// A folder in the authors' layout has both: <c>tables.json</c>, <c>train_spider.json</c>, <c>dev.json</c>,
/// <c>database/DB/DB.sqlite</c>. The data set <c>xlangai/spider</c> on the hub has the questions only, as Parquet with
/// the splits <c>train</c> and <c>validation</c>; its databases come from a folder in the authors' layout or from their
/// archive.
/// </remarks>
internal sealed class SpiderFolder
{
    private readonly string questions;
    private readonly string root;

    private SpiderFolder(string questions, string root, IReadOnlyDictionary<string, SpiderSchema> schemas)
    {
        (this.questions, this.root) = (questions, root);
        Schemas = schemas;
    }

    /// <summary>Every schema by database.</summary>
    public IReadOnlyDictionary<string, SpiderSchema> Schemas { get; }

    /// <summary>Opens a folder.</summary>
    /// <param name="data">The questions, and the databases unless they are named.</param>
    /// <param name="databases">A folder with <c>tables.json</c> and <c>database/</c>, or an archive of it; null: in
    /// <paramref name="data"/>.</param>
    /// <exception cref="InputException">It lacks its databases or tables.json, or that file is malformed; says
    /// where.</exception>
    public static SpiderFolder Open(string data, string? databases = null)
    {
        RequireDatabases(data, databases);
        string root = SpiderArchive.Folder(databases ?? data);
        if (SpiderQuestions.TablesFile(root) is not { } path)
        {
            return new SpiderFolder(data, root, SpiderQuestions.SchemasOf(root));
        }

        Dictionary<string, (SpiderSchema Schema, JsonObject Entry)> schemas = new(StringComparer.Ordinal);
        foreach ((JsonObject entry, int i) in SpiderJson.Objects(path).Select((o, i) => (o, i)))
        {
            SpiderSchema schema = SpiderJson.Read(path, i, () => SpiderJson.Schema(entry));
            if (
                !schemas.TryAdd(schema.DbId, (schema, entry)) && !JsonNode.DeepEquals(schemas[schema.DbId].Entry, entry)
            )
            {
                throw new InputException(
                    $"{path} entry {i}: the database '{schema.DbId}' is described before already, in other words"
                );
            }
        }

        return new SpiderFolder(
            data,
            root,
            schemas.ToDictionary(s => s.Key, s => s.Value.Schema, StringComparer.Ordinal)
        );
    }

    /// <summary>Where to get databases, and how to name them.</summary>
    internal const string Advice =
        $"Get Spider's archive from {SpiderArchive.Address} and name it, or the folder in it that holds "
        + "tables.json, as \"databases\"";

    /// <summary>Checks that there are databases, before anything is read.</summary>
    /// <exception cref="InputException">There are none; says where to get them.</exception>
    public static void RequireDatabases(string data, string? databases)
    {
        string root = databases ?? data;
        bool archive = root.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) && File.Exists(root);
        if (archive || Directory.Exists(SpiderQuestions.Databases(root)))
        {
            return;
        }

        throw new InputException(
            databases is null
                ? $"there is no folder 'database' with DB/DB.sqlite files in {data}. {Advice}"
                : $"{databases} is neither a folder with 'database' in it nor a .zip file. {Advice}"
        );
    }

    /// <summary>The files and folders that are read.</summary>
    /// <inheritdoc cref="Open"/>
    public static IReadOnlyList<string> Paths(string data, string? databases) =>
        databases is null ? [data]
        : IsOfHub(data) ? [.. SplitOf(data, "train").Files, .. SplitOf(data, "validation").Files, databases]
        : [data, databases];

    // The authors' files are JSON, those of the hub are Parquet.
    private static bool IsOfHub(string data) =>
        Directory.Exists(data)
        && !File.Exists(Path.Combine(data, SpiderQuestions.DevFile(data)))
        && !File.Exists(Path.Combine(data, SpiderQuestions.TrainFile(data)))
        && InnerPath.FilesIn(data, "*.parquet", depth: 5).Any();

    private static DataSplit SplitOf(string data, string split)
    {
        using HubDataset folder =
            HubDataset.InFolder(data) ?? throw new InputException($"there is no folder {data} with Spider's questions");
        return folder.Splits().Contains(split) ? folder.Named(split) : new DataSplit(split, []);
    }

    /// <summary>The examples of <c>dev.json</c>.</summary>
    /// <exception cref="InputException">The file is missing or malformed, or an example's database is not there; names
    /// the entry.</exception>
    public IReadOnlyList<SpiderExample> Dev() => Examples(SpiderQuestions.DevFile(questions), "validation");

    /// <summary>The examples of <c>train_spider.json</c>, or of BIRD's <c>train.json</c>.</summary>
    /// <exception cref="InputException">As for <see cref="Dev"/>.</exception>
    public IReadOnlyList<SpiderExample> Train() => Examples(SpiderQuestions.TrainFile(questions), "train");

    /// <summary>The SQLite file of a database.</summary>
    public string DatabaseFile(string dbId) => Path.Combine(SpiderQuestions.Databases(root), dbId, dbId + ".sqlite");

    private SpiderExample[] Examples(string file, string split)
    {
        bool ofHub = IsOfHub(questions);
        string path = ofHub ? $"{questions}:{split}" : Path.Combine(questions, file);
        SpiderExample[] examples = ofHub ? OfHub(path, split) : OfFile(path);
        foreach (SpiderExample example in examples.DistinctBy(e => e.DbId))
        {
            CheckDatabase(path, example);
        }

        return examples;
    }

    private static SpiderExample[] OfFile(string path) => Examples(path, SpiderJson.Objects(path));

    // The rows stand in the order of the authors' files, so an example has the same number in both.
    private SpiderExample[] OfHub(string path, string split)
    {
        IReadOnlyList<TableRow> rows = SplitOf(questions, split).Rows();
        return rows.Count > 0
            ? Examples(path, rows.Select(r => r.Values))
            : throw new InputException($"{path}: there is no such split of Spider's questions");
    }

    private static SpiderExample[] Examples(string path, IEnumerable<JsonObject> rows) =>
        [.. rows.Select((row, i) => SpiderJson.Read(path, i, () => SpiderQuestions.Read(row, i)))];

    private void CheckDatabase(string path, SpiderExample example)
    {
        string id = example.DbId;
        if (!RelativeName.IsPlain(id) || !Schemas.ContainsKey(id))
        {
            throw new InputException($"{path} example {example.Index}: the database '{id}' is not in tables.json");
        }

        if (FileEntry.Of(DatabaseFile(id)).Kind != EntryKind.File)
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
}
