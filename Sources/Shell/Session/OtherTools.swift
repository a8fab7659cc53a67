import Lang

extension OtherTools {
  /// What users of other libraries and prompts type.
  ///
  /// A name that is missing here is one more line: the other tools' names, what Ward calls it, and, where it means something
  /// else here, a sentence.
  static let all = OtherTools(names: settings + attacks + training + looking, lines: lines, leaving: leaving)

  /// Settings and labels: torchattacks, Foolbox, ART, AutoAttack, CleverHans, PyTorch, Keras.
  private static let settings = [
    Name("epsilon epsilons max_eps eps_max max_epsilon radius budget perturbation bound", "eps protected_eps"),
    Name("ε ϵ", "eps"),
    Name(
      "alpha eps_step eps_iter eps_iterate step_size steps_size stepsize abs_stepsize rel_stepsize nb_step",
      "step stride", "`step:` is the length of one step, in pixels; `stride:` of `fgsm` is a share of eps"),
    Name(
      "iterations iteration iters n_iter nb_iter num_iter niter num_iters n_iters num_steps n_steps nb_steps max_iter "
        + "max_iters max_iterations max_steps maxiter n_iterations num_iterations",
      "steps generations passes"),
    Name("n_restarts num_restarts nb_restarts restart random_restarts num_random_init", "restarts"),
    Name("rand_init random_init rand_start randomstart random", "random_start"),
    Name(
      "targeted target targets target_class target_label y_target", "goal",
      "such as `goal: next`, or `goal: target class: \"Bag\"`"),
    Name("kappa conf margin", "confidence"),
    Name("c initial_const initial_constant", "weight"),
    Name("binary_search_steps search_steps num_searches", "searches"),
    Name("abort_early early_stop early_stopping", "patience abort"),
    Name("n_queries max_queries query_limit query_budget num_queries max_query", "queries"),
    Name("p_init p", "fraction"),
    Name("n_samples num_samples nb_sample num_evals max_num_evals", "samples most"),
    Name("pop_size popsize population_size", "population"),
    Name("pixel pixel_count num_pixels n_pixels", "pixels"),
    Name("decay_factor mu", "momentum"),
    Name("loss_fn loss_function criterion", "loss"),
    Name("distance ord p_norm threat threat_model lp", "norm"),
    Name("attack method attacker adversary", "with using"),
    Name("data dataset images inputs x x_test dataloader loader test_loader testloader", "on"),
    Name("attack_type attacks_to_run", "version"),
    Name("random_state rng manual_seed", "seed"),
  ]

  /// Built-ins and the words that parameters take.
  private static let attacks = [
    Name("carlini carlini_wagner carliniwagner cw_l2 cwl2 c&w carlini_l2 l2carliniwagner cw_attack", "cw"),
    Name("hsj hsja hop_skip_jump hop_skip", "hopskipjump"),
    Name("mim mi_fgsm mi-fgsm momentum_iterative momentum_pgd", "mifgsm"),
    Name("ifgsm i_fgsm i-fgsm basic_iterative", "bim"),
    Name("fast_gradient fast_gradient_method fast_gradient_sign fgm ffgsm rfgsm", "fgsm"),
    Name("pgd_linf linf_pgd linfpgd pgdlinf projected_gradient_descent projected_gradient madry", "pgd adversarial"),
    Name("pgd_l2 l2pgd pgdl2 l2_pgd", "pgd", "with `norm: l2`"),
    Name("apgd_ce apgdce auto_pgd autopgd", "apgd"),
    Name(
      "apgd_dlr apgd_t apgdt apgd-t apgd_targeted", "apgd", "with `loss: dlr`, or `loss: dlr_t` for targets in turn"),
    Name("auto_attack aa rand_autoattack standard_autoattack", "autoattack"),
    Name("deep_fool l2_deepfool", "deepfool"),
    Name("square_attack squareattack", "square"),
    Name("boundary_attack decision_based decision_based_attack", "boundary"),
    Name("one_pixel onepixelattack one_pixel_attack pixel_attack", "onepixel"),
    Name("elastic_net elasticnet eadl1 ead_l1 eaden", "ead"),
    Name("saliency saliency_map jacobian_saliency jacobian_saliency_map saliencymap", "jsma"),
    Name("uap universal_perturbation universal_adversarial_perturbation", "universal"),
    Name("fab_t fabt fab-t", "fab", "with `targets: 9`"),
    Name("fast_minimum_norm", "fmn"),
    Name("additive_noise uniform_noise gaussian_attack salt_and_pepper random_noise", "noise"),
    Name("nes bandits zoo simba gen_attack", "spsa square", "they ask the model for nothing but its answers"),
    Name("spatial spatial_transform adv_patch patch pepper feature_adversary", "", "Ward has no attack of that kind"),
    Name("inf infinity l_inf np.inf max", "linf"),
    Name("euclidean l_2 two", "l2"),
    Name("l_1 manhattan", "l1"),
    Name("cross_entropy crossentropy nll xent crossentropyloss", "ce"),
    Name("cw_loss carlini_loss", "margin"),
    Name("least_likely_class ll", "least_likely"),
    Name("adversarial_training adv at pgd_at pgd_training fgsm_at", "adversarial"),
    Name("fast_at fast_adversarial free_at", "fast free"),
    Name("mixup cutmix autoaugment", "", "Ward has no defense of that kind"),
    Name("randomized_smoothing smoothing noise_augmentation", "gaussian_noise label_smoothing"),
    Name("l2_regularization l2_reg", "weight_decay"),
    Name("min_max costsensitive cost_sensitive cse", "minmax expected_cost"),
  ]

  /// Training: PyTorch, Keras, scikit-learn.
  private static let training = [
    Name("lr learning_rate learningrate step_length", "rate"),
    Name("weight_decay wd", "decay"),
    Name("early_stopping_patience es_patience", "patience"),
    Name("validation validation_split val_split val_fraction validation_fraction val validation_data", "validate"),
    Name("ema ema_decay swa weight_averaging polyak averaging", "average"),
    Name("class_weight class_weights balanced_sampler weighted_sampler oversample resample", "balance"),
    Name("save_best save_best_only restore_best restore_best_weights keep_best", "pick"),
    Name("num_epochs n_epochs nb_epochs max_epochs epoch", "epochs"),
    Name("batch_size batchsize bs minibatch", "batch"),
    Name("optimiser optim opt solver", "optimizer"),
    Name("scheduler lr_scheduler lr_schedule", "schedule"),
    Name("grad_clip clip_grad clip_grad_norm max_grad_norm clipnorm", "clip"),
    Name("eps_adam", "epsilon"),
    Name("train_loader trainloader train_data train_dataset train_set", "on"),
    Name("training", "defense"),
    Name("resnet18 resnet34 resnet50 resnet wide_resnet wrn preact_resnet", "resnet20 resnet8"),
    Name("vgg16 vgg vgg11 vgg19", "vgg_small"),
    Name("lenet5 lenet_5", "lenet"),
    Name("convnet simple_cnn", "cnn"),
    Name("dense fc fully_connected linear perceptron", "mlp"),
    Name("rmsprop adagrad adadelta momentum", "sgd adam"),
    Name("step_lr steplr multistep step", "stepwise"),
    Name("exponential_lr exponentiallr", "exponential"),
    Name("cosine_annealing cosineannealinglr", "cosine"),
    Name("one_cycle onecyclelr cyclic", "onecycle"),
    Name(
      "device cuda gpu cpu to num_workers workers", "",
      "Ward computes on the processor; `ward --threads N` sets how many threads work"),
    Name("verbose disp progress log_every", "", "progress is shown on a terminal; `ward --quiet` leaves values out"),
    Name("shuffle", "", "training images are always shuffled, as the seed says"),
  ]

  /// Commands, functions and members.
  private static let looking = [
    Name("fit compile train_model", "train"),
    Name("predict_proba predict_classes infer classify", "predict"),
    Name("accuracy score eval test validate evaluation", "evaluate clean"),
    Name("acc test_acc test_accuracy val_accuracy natural_accuracy standard_accuracy clean_accuracy", "clean"),
    Name("robust_accuracy adv_acc robust_acc adversarial_accuracy", "robust"),
    Name("success_rate attack_success_rate asr", "success"),
    Name("load_dataset dataset dataloader read_data", "load"),
    Name(
      "mnist fashion_mnist fashionmnist cifar cifar10", "",
      "a data set is loaded by its name in quotes: `load \"fashion-mnist\"`"),
    Name("save_model torch.save state_dict", "keep"),
    Name("load_model load_state_dict from_pretrained", "open"),
    Name("read_csv", "import"),
    Name("to_csv", "export"),
    Name("imshow display view", "show"),
    Name("plt matplotlib figure chart draw", "plot"),
    Name("hist", "histogram"),
    Name("summary info describe_model", "describe"),
    Name("confusion_matrix", "confusion"),
    Name("delete del rm unset", "forget"),
    Name("whos who locals globals", "vars"),
    Name("echo puts println printf log console.log say", "print"),
    Name("length", "len images"),
    Name("size count shape", "images"),
    Name("average avg", "mean"),
    Name("stdev stddev", "std"),
    Name("str", "string"),
    Name("int float", "number"),
    Name("arange linspace", "range"),
    Name("append push", "", "a list grows with `xs += [x]`"),
    Name("uppercase toupper", "upper"),
    Name("lowercase tolower strip", "lower trim"),
    Name(
      "numpy np torch tensorflow tf keras pandas pd math os sys random foolbox torchattacks art torchvision", "",
      "Ward has no modules: `help` lists all that there is"),
  ]

  /// Lines that leave: of shells, IPython, psql, the shells of SQLite and DuckDB.
  private static let leaving: Set = [
    "exit", "quit", "exit()", "quit()", ".exit", ".quit", ".q", #"\q"#, "%exit", "%quit",
  ]

  /// Whole lines: psql, the shells of SQLite and DuckDB, IPython, Python, a Unix shell.
  private static let lines = [
    Line(#".tables  \dt  \dv  \l  show tables  .databases  show databases"#, "type `tables`"),
    Line(#"\d  \d+"#, "type `tables`", withMore: "type `schema {}`"),
    Line(#".schema  .fullschema  .columns  desc"#, "type `schema {results}`"),
    Line(
      #".mode  \x  .headers  .header  \a  \H"#, "type `:mode`; it takes box, plain, markdown, csv, json or jsonl",
      withMore: "type `:mode {}`"),
    Line(#".help  \?  \h  .show"#, "type `?`, or `?NAME` for one name", withMore: "type `?{}`"),
    Line(#".read  \i  %run  %load  source"#, "type `:run {FILE}`"),
    Line(#".save  .backup  .dump  %save  %notebook"#, "type `:save {FILE}`; `:store backup FILE` copies the store"),
    Line(#".output  .once  \o  \copy  .export"#, "type `export TABLE as: \"x.csv\"`"),
    Line(#".import"#, "type `import \"x.csv\"`"),
    Line(#".open  \c  \connect  use  .connect"#, "start Ward with the store: `ward --store FILE`"),
    Line(#".timer  \timing"#, "type `:time on`", withMore: "type `:time {}`"),
    Line(#"%time  %timeit  %%time  %%timeit"#, "type `:time {CELL}`"),
    Line(#"%history  %hist  %recall  \s  .history"#, "type `:history`"),
    Line(#"%who  %whos  %who_ls"#, "type `vars`"),
    Line(#"%reset  %reset_selective  %xdel"#, "type `forget NAME`, or `:undo`"),
    Line(#"%matplotlib  %pylab"#, "nothing is needed: `plot` and `show` draw at once"),
    Line(
      #"%pwd  %ls  %cd  .shell  .system  \!  .cd  \cd  %sx"#, "type `!COMMAND` for a command of the shell",
      withMore: "type `!{}`"),
    Line(#"%paste  %cpaste"#, "paste into the prompt as it is"),
    Line("clear  cls  .clear  %clear", "press Ctrl-L to clear the screen"),
    Line(
      "ls  pwd  cat  mkdir  mv  cp  grep  git  python  python3  conda  nvidia-smi  htop  vim  which", "type `!{line}`"),
    Line("pip  pip3  apt  brew", "Ward needs no packages; `!{line}` runs it in the shell"),
    Line("cd", "start Ward in that folder: a `!cd` ends with its line"),
    Line("man  help!  info", "type `?{NAME}`"),
    Line(
      "import  from * import", "Ward has no modules: `help` lists all that there is; `import \"x.csv\"` reads a table"),
    Line("using  require  include  #include  package", "Ward has no modules: `help` lists all that there is"),
    Line("//  /*  --  %%", "a comment begins with `#`"),
    Line("async  await  class  struct", "functions are made with `def f(x) { … }`, records are written `{a: 1}`"),
    Line("reset  restart", "`forget NAME` lets one name go; `:quit` and a new start let all go"),
    Line("version  --version", "type `!ward version`"),
  ]

  /// Lines that leave in vi and other prompts, and here.
  static let leavingLines: Set = ["q", "q!", "qa", "qa!", "wq", "wq!", "x", "exit", "quit!"]

  /// What other prompts call a line that begins with `:`, and what to type here.
  static let sessionLines: [String: String] = [
    "w": ":save FILE", "write": ":save FILE", "w!": ":save! FILE", "e": ":run FILE", "edit": ":run FILE",
    "l": ":run FILE",
    "load": ":run FILE", "source": ":run FILE", "r": ":run FILE", "read": ":run FILE", "script": ":run FILE",
    "h": ":help", "?": ":help", "i": "?NAME", "info": "?NAME",
    "t": "?NAME", "type": "?NAME", "doc": "?NAME", "d": "vars", "browse": "vars", "timing": ":time on",
    "timer": ":time on",
    "u": ":undo", "hist": ":history", "reset": "forget NAME", "clear": "Ctrl-L", "cls": "Ctrl-L", "!": "!COMMAND",
    "sh": "!COMMAND", "cd": "!COMMAND", "ls": "!ls", "pwd": "!pwd", "version": "!ward version",
    "backup": ":store backup FILE",
    "prune": ":store prune AGE", "set": ":mode",
  ]
}
