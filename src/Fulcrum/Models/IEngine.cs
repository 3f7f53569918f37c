namespace Fulcrum.Models;

/// <summary>Opens models of one kind of source.</summary>
public interface IEngine
{
    /// <summary>The name in <see cref="Environment"/> under which an engine says that it batches in an unusual form;
    /// absent otherwise. A run that was begun in one form is not resumed in another.</summary>
    const string Batches = "batches";

    /// <summary>Versions, device and threads, for the manifests: names and values, no time, no path.</summary>
    IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Returns whether the engine opens models of a source.</summary>
    bool Opens(ModelSource source);

    /// <summary>Turns every <c>auto</c> into what this machine uses. A run does this once and stores the
    /// result.</summary>
    /// <exception cref="InputException">The machine or the engine lacks what the model asks for.</exception>
    ModelSpec Resolve(ModelSpec model);

    /// <summary>Returns the digest of everything that decides the model's answers, its adapter apart.</summary>
    /// <exception cref="InputException">There is no such model.</exception>
    string DigestOf(ModelSpec model);

    /// <summary>Reads the tokenizer, the chat template and the end tokens, without the weights.</summary>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    PromptEncoding LoadEncoding(ModelSpec model);

    /// <summary>Checks without reading the model's weights, from its configuration and the headers of its files, that a
    /// model with its adapter can be opened. A run does this before it measures anything.</summary>
    /// <exception cref="InputException">A file is missing or does not fit; names it.</exception>
    void Check(ModelSpec model) { }

    /// <summary>Returns the model's context length in tokens, without its weights; null: it is known only once the
    /// model is open.</summary>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    internal int? ContextLengthOf(ModelSpec model) => null;

    /// <summary>Opens a model, with its adapter if it has one.</summary>
    /// <exception cref="InputException">A file is missing or does not fit, or the form is not supported.</exception>
    ILanguageModel Open(ModelSpec model);
}

/// <summary>Trains LoRA adapters.</summary>
public interface ITrainer
{
    /// <summary>Trains an adapter and writes it in PEFT's format to a folder. Resumes from the last checkpoint in
    /// it.</summary>
    /// <param name="examples">Token ids in the order of the data; the trainer shuffles by <see cref="TrainPlan.Seed"/>.
    /// </param>
    /// <param name="progress">Called after every optimiser step.</param>
    void Train(
        ModelSpec model,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples,
        string outputFolder,
        Action<TrainingStep>? progress = null,
        CancellationToken cancellation = default
    );
}
