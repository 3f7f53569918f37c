using Fulcrum.Data;
using Fulcrum.Data.Hub;

namespace Fulcrum.Tasks;

/// <summary>The files of a task of custom data: the items, and the worked examples.</summary>
/// <param name="File">Empty where <paramref name="Data"/> is given.</param>
/// <param name="Data">A split of a data set.</param>
/// <param name="Examples">The file of the worked examples; null: none.</param>
/// <param name="Fewshot">The number of its first rows that come before the question.</param>
internal readonly record struct OwnFiles(string File, string? Data, string? Examples, int Fewshot)
{
    /// <summary>The file, or the split of a data set.</summary>
    public string Place => Data ?? File;

    /// <summary>Checks that one source is given, and a file for the worked examples.</summary>
    /// <param name="source">The study's file, for messages.</param>
    /// <param name="task">The task's name.</param>
    /// <param name="row">What a row of the file is.</param>
    /// <exception cref="InputException">A value does not fit the others; names task, key and value.</exception>
    public void Check(string source, string task, string row)
    {
        bool one = (File.Length > 0) != (Data is not null);
        string given = Data is null ? "empty" : "given together with data";
        Wanted.That(one, source, $"{task}.file", given, $"a file with a row for each {row}");
        bool exampled = Fewshot == 0 || (Fewshot > 0 && Examples is not null);
        Wanted.That(exampled, source, $"{task}.fewshot", Fewshot, "0, or more together with examplesFile");
    }

    /// <summary>Returns the keys that are set and change nothing.</summary>
    public IEnumerable<(string Key, string Why)> UnusedKeys() =>
        Examples is not null && Fewshot == 0 ? [("examplesFile", "fewshot is 0")] : [];

    /// <summary>Returns what to do so that single items are not asked.</summary>
    /// <param name="numbered">Whether the ids of the items are the numbers of their rows.</param>
    public string LeaveOut(bool numbered) =>
        $"remove their rows from {Place}" + (numbered ? " (ids count the rows from 0)" : "");

    /// <summary>Returns every file that the task reads.</summary>
    public IReadOnlyList<string> Paths() => DataSplit.FilesOf(Place, Examples);

    /// <summary>Returns the same with resolved paths.</summary>
    public OwnFiles Located(Func<string, string> locate) =>
        this with
        {
            File = Data is null ? locate(File) : "",
            Data = Data is { } data ? locate(data) : null,
            Examples = Examples is { } examples ? locate(examples) : null,
        };
}
