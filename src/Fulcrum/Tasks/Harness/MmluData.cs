using Fulcrum.Tasks.Mmlu;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>MMLU's questions in either of its layouts: the hub's (<c>SUBJECT/SPLIT-*.parquet</c>) or the authors'
/// (<c>SPLIT/SUBJECT_SPLIT.csv</c>).</summary>
internal static class MmluData
{
    /// <summary>The subjects that a folder has, in alphabetical order.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static IReadOnlyList<string> Subjects(string folder) => MmluFolder.Open(folder).Subjects;

    /// <summary>Whether a folder has the authors' layout.</summary>
    public static bool IsOfAuthors(string folder) => MmluFolder.IsOfAuthors(folder);

    /// <summary>The rows of a split in the authors' layout, with the hub's columns.</summary>
    public static IReadOnlyList<TemplateMap> Rows(string folder, string subject, string split)
    {
        MmluFolder data = MmluFolder.Open(folder);
        return
        [
            .. (split == "dev" ? data.Dev(subject) : data.Test(subject)).Select(q =>
                TemplateValues.Map([
                    KeyValuePair.Create("question", (object?)q.Question),
                    KeyValuePair.Create("subject", (object?)subject),
                    KeyValuePair.Create("choices", (object?)q.Choices.Select(c => (object?)c).ToList()),
                    KeyValuePair.Create("answer", (object?)(long)q.Answer),
                ])
            ),
        ];
    }
}
