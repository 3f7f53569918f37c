using Fulcrum.Data;

namespace Fulcrum.Models;

/// <summary>Reads training examples from a file in any of the layouts of <see cref="TrainingLayout"/>.</summary>
internal static class TrainingData
{
    /// <summary>Reads every example of a file. Texts are tokenised by the model folder's tokenizer, which ids do not
    /// need.
    /// </summary>
    /// <param name="note">Called with the recognised layout; null for none.</param>
    /// <param name="warn">Called if training and generation would begin or end in different places; null for
    /// none.</param>
    /// <param name="columns">Null: recognised from the file's columns.</param>
    /// <exception cref="InputException">A row is malformed, or has nothing to be trained on; names file and row.
    /// </exception>
    public static IReadOnlyList<TrainingExample> Read(
        string path,
        string modelFolder,
        Action<string>? note = null,
        Action<string>? warn = null,
        ExampleColumns? columns = null
    )
    {
        // The id names an example in reports, and meta is free for the user.
        ExampleFile file = ExampleFile.Open(
            path,
            (columns ?? new ExampleColumns()) with
            {
                Others = [.. columns?.Others ?? [], "id", "meta"],
            }
        );
        RefuseUnknown(file);
        note?.Invoke($"training data: {file.Rows.Count} examples, {file.Format.Description}");
        if (file.Format.Layout == TrainingLayout.Ids)
        {
            return [.. file.Rows.Select(r => OfIds(TextOf(file, r)))];
        }

        PromptEncoding encoding = PromptEncoding.Load(modelFolder);
        // A model with a chat template is asked in its form; another gets instruction and input as paragraphs.
        ExampleFile asked =
            file.Format.Layout == TrainingLayout.Alpaca && columns?.Chat is null
                ? file.Asked(encoding.HasTemplate)
                : file;
        TrainingExample[] examples =
        [
            .. asked.Rows.Select(r => encoding.Example(TextOf(asked, r)) with { Cluster = null }),
        ];
        encoding.TrainingWarnings(examples).ToList().ForEach(w => warn?.Invoke(w));
        return examples;
    }

    private static TrainingText TextOf(ExampleFile file, TableRow row) =>
        file.TrainingOf(row, row.Values["id"]?.ToString() ?? $"{row.File} {row.Place}", "");

    private static TrainingExample OfIds(TrainingText text)
    {
        TrainingExample example = TrainingExample.Of(text.Id, text.Ids!.Prompt, text.Ids.Completion, cluster: null);
        return example.Trained.Any(t => t)
            ? example
            : throw text.Error("no token of it is trained on: the completion is empty");
    }

    // In the layouts of this tool an unknown field is a mistake; data of other tools has columns of all kinds.
    private static void RefuseUnknown(ExampleFile file)
    {
        TrainingFormat format = file.Format;
        bool own = format.Layout is TrainingLayout.Ids or TrainingLayout.Messages or TrainingLayout.PromptCompletion;
        if (own && file.Rows.FirstOrDefault(r => format.Unused.Any(r.Values.ContainsKey)) is { } row)
        {
            throw row.Error(
                $"unknown field '{format.Unused.First(row.Values.ContainsKey)}'; known are "
                    + string.Join(", ", format.Used)
            );
        }
    }
}
