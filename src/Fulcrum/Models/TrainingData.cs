using Fulcrum.Data;

namespace Fulcrum.Models;

/// <summary>Reads training examples from a file in any of the layouts of <see cref="TrainingLayout"/>.</summary>
internal static class TrainingData
{
    /// <summary>Reads all examples of a file. Texts are tokenised by the tokenizer of the model folder.</summary>
    /// <param name="note">Called with the recognised layout; null for none.</param>
    /// <param name="warn">Called if training and generation would begin or end in different places; null for
    /// none.</param>
    /// <param name="columns">Null: recognised from the file's columns.</param>
    /// <exception cref="InputException">A row is malformed, or has no token to train on. The message names file and
    /// row.</exception>
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
            return FileFaults.Read(file.Rows, r => OfIds(TextOf(file, r)));
        }

        PromptEncoding encoding = PromptEncoding.Load(modelFolder);
        // For a model with a chat template, instruction and input become a conversation; otherwise paragraphs.
        ExampleFile asked =
            file.Format.Layout == TrainingLayout.Alpaca && columns?.Chat is null
                ? file.WithPrompts(encoding.HasTemplate)
                : file;
        TrainingExample[] examples = FileFaults.Read(
            asked.Rows,
            r => encoding.Example(TextOf(asked, r)) with { Cluster = null }
        );
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

    // In Fulcrum's own layouts an unknown field is an error. Data of other tools may have any columns.
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
