using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Studies;

/// <summary>The layout of a folder of training data.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TrainingDataKind>))]
public enum TrainingDataKind
{
    /// <summary>The training examples of a folder in Spider's layout.</summary>
    [JsonStringEnumMemberName("spider")]
    Spider,
}

/// <summary>The training data of candidates: Spider's training examples, or a custom file.</summary>
/// <param name="Data">A folder of the <paramref name="Kind"/>.</param>
/// <param name="Examples">The number of training examples, drawn in equal shares over the clusters (databases); null:
/// all.</param>
/// <param name="File">JSON Lines, a JSON array, CSV, TSV or Parquet, by its ending, also with <c>.gz</c>, or a split of
/// a data set, <c>FOLDER:CONFIG/SPLIT</c>; instead of <paramref name="Data"/>.</param>
/// <param name="Input">The file's column of the prompt; null: the layout is recognised from the columns.</param>
/// <param name="Target">The file's column of the completion; null: recognised from the columns.</param>
/// <param name="Cluster">The file's column of the cluster: examples whose prompts begin alike. Null: none.</param>
/// <param name="System">The system message; in plain text it comes first.</param>
/// <param name="Template">A Jinja template over the file's columns that makes the question, instead of
/// <paramref name="Input"/>.</param>
/// <param name="Databases">Spider's databases where <paramref name="Data"/> has none, as in a task.</param>
public sealed record TrainingDataPlan(
    TrainingDataKind Kind = TrainingDataKind.Spider,
    string? Data = null,
    int? Examples = null,
    string? File = null,
    string? Input = null,
    string? Target = null,
    string? Cluster = null,
    string? System = null,
    PromptForm Prompt = PromptForm.Chat,
    string? Template = null,
    string? Databases = null
)
{
    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its range; names the key.</exception>
    internal void Check(string source, string place = "trainingData")
    {
        bool counted = Examples is null or > 0;
        Wanted.That(counted, source, $"{place}.examples", Examples, "1 or more, or null for all");
        bool one = (Data is null) != (File is null);
        string given = Data is null ? "neither data nor file" : "data and file";
        Wanted.That(one, source, place, given, "either data or file");
    }

    /// <summary>Returns the plan with its paths resolved.</summary>
    internal TrainingDataPlan Located(Func<string, string> locate) =>
        this with
        {
            Data = Data is { } data ? locate(data) : null,
            File = File is { } file ? locate(file) : null,
            Databases = Databases is { } databases ? locate(databases) : null,
        };

    /// <summary>Returns the files and folders that are read.</summary>
    /// <exception cref="InputException">There is no such split; names those that exist.</exception>
    internal IReadOnlyList<string> Paths() =>
        Data is { } data ? SpiderFolder.Paths(data, Databases)
        : File is { } file ? DataSplit.FilesOf(file)
        : [];
}
