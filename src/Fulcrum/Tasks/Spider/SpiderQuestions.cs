using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Spider;

/// <summary>Files of questions in the layouts of Spider and of the data sets that were made from it.</summary>
/// <remarks>
/// Spider, Spider-DK: <c>dev.json</c> with <c>question</c> and <c>query</c>. Spider-Syn (Gan et al., ACL 2021):
/// <c>SpiderSynQuestion</c>. Spider-Realistic (Deng et al., NAACL 2021): <c>spider-realistic.json</c>. BIRD (Li et al.,
/// NeurIPS 2023): <c>dev.json</c> with <c>evidence</c>, <c>SQL</c> and <c>difficulty</c>, databases in
/// <c>dev_databases/DB/DB.sqlite</c>; to train, <c>train.json</c> and <c>train_databases</c>, usually in a folder of
/// their own.
/// </remarks>
internal static class SpiderQuestions
{
    /// <summary>BIRD's words for its levels, from easy to hard.</summary>
    public static readonly IReadOnlyList<string> Difficulties = ["simple", "moderate", "challenging"];

    private static readonly string[] OfBird = ["dev", "train"];
    private static readonly string[] TrainFiles = ["train_spider.json", "train.json"];
    private static readonly string[] Files = ["dev.json", "spider-realistic.json", "dev_syn.json"];
    private static readonly string[] Questions = ["SpiderSynQuestion", "question"];
    private static readonly string[] Queries = ["query", "SQL"];

    /// <summary>Whether a folder has BIRD's layout.</summary>
    public static bool IsBird(string folder) => BirdPart(folder) is not null;

    /// <summary>The folder of the databases.</summary>
    public static string Databases(string root) =>
        Path.Combine(root, BirdPart(root) is { } part ? $"{part}_databases" : "database");

    // BIRD's folder is the one of the questions that are asked, or the one of the training examples.
    private static string? BirdPart(string folder) =>
        OfBird.FirstOrDefault(p => Directory.Exists(Path.Combine(folder, $"{p}_databases")));

    /// <summary>The name of the file of the questions that are asked.</summary>
    public static string DevFile(string folder) =>
        Files.FirstOrDefault(f => File.Exists(Path.Combine(folder, f))) ?? Files[0];

    /// <summary>The name of the file of the training examples.</summary>
    public static string TrainFile(string folder) =>
        TrainFiles.FirstOrDefault(f => File.Exists(Path.Combine(folder, f))) ?? TrainFiles[0];

    /// <summary>The file that describes the tables; null: BIRD's layout without one.</summary>
    public static string? TablesFile(string root)
    {
        string? bird = BirdPart(root) is { } part ? Path.Combine(root, $"{part}_tables.json") : null;
        string spider = Path.Combine(root, "tables.json");
        return File.Exists(bird) ? bird
            : File.Exists(spider) || bird is null ? spider
            : null;
    }

    /// <summary>The schemas of the databases themselves.</summary>
    /// <exception cref="InputException">A database cannot be read.</exception>
    public static IReadOnlyDictionary<string, SpiderSchema> SchemasOf(string root) =>
        Directory
            .EnumerateDirectories(Databases(root))
            .Select(d => Path.GetFileName(d))
            .Where(id => RelativeName.IsPlain(id) && File.Exists(Database(root, id)))
            .Where(id => InnerPath.LiesIn(root, Database(root, id)))
            .ToDictionary(id => id, id => SqliteSchema.Read(id, Database(root, id)), StringComparer.Ordinal);

    private static string Database(string root, string id) => Path.Combine(Databases(root), id, id + ".sqlite");

    /// <summary>Reads one question.</summary>
    /// <exception cref="FormatException">A field is missing or no text.</exception>
    public static SpiderExample Read(JsonObject row, int index) =>
        new(
            index,
            Text(row, "db_id"),
            Text(row, Questions.FirstOrDefault(row.ContainsKey) ?? Questions[^1]),
            Text(row, Queries.FirstOrDefault(row.ContainsKey) ?? Queries[0]),
            row["sql"],
            row.ContainsKey("evidence") ? Text(row, "evidence") : null,
            row.ContainsKey("difficulty") ? Text(row, "difficulty") : null
        );

    private static string Text(JsonObject row, string name) =>
        row[name] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw new FormatException($"'{name}' must be a text");
}
