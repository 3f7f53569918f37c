namespace Fulcrum.Models;

/// <summary>Opens models of one kind of source.</summary>
public interface IEngine
{
    /// <summary>The name in <see cref="Environment"/> of an unusual form of batching; absent otherwise. A run that was
    /// begun with one form is not resumed with another.</summary>
    const string Batches = "batches";

    /// <summary>Versions, device and threads, for the manifests of a run. It must not contain times or paths.</summary>
    IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Returns whether the engine opens models of a source.</summary>
    bool Opens(ModelSource source);

    /// <summary>Resolves every <c>auto</c> for this machine. A run does this once and stores the result.</summary>
    /// <exception cref="InputException">The machine or the engine does not support a setting.</exception>
    ModelSpec Resolve(ModelSpec model);

    /// <summary>Returns the digest of everything that the model's answers depend on, except the adapter.</summary>
    /// <exception cref="InputException">There is no such model.</exception>
    string DigestOf(ModelSpec model);

    /// <summary>Reads the tokenizer, the chat template and the end tokens, without the weights.</summary>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    PromptEncoding LoadEncoding(ModelSpec model);

    /// <summary>Checks that a model with its adapter can be opened. It reads the configuration and the headers of the
    /// files, not the weights. A run does this before the first measurement.</summary>
    /// <exception cref="InputException">A file is missing or does not match. The message names it.</exception>
    void Check(ModelSpec model) { }

    /// <summary>Returns the model's context length in tokens, without its weights; null: it is known only once the
    /// model is open.</summary>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    internal int? ContextLengthOf(ModelSpec model) => null;

    /// <summary>Says why a model's adapter may belong to another base, as the end of a sentence about the adapter;
    /// null: nothing says so.</summary>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    internal string? AdapterDoubt(ModelSpec model) => null;

    /// <summary>Opens a model, with its adapter if it has one.</summary>
    /// <exception cref="InputException">A file is missing or does not match, or the numeric form is not
    /// supported.</exception>
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
